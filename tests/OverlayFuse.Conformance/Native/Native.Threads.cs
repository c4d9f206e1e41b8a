using System.Runtime.InteropServices;

namespace OverlayFuse.Conformance;

// What a thread has of its own when it asks: ids, umask and directory, descriptors. And sockets.
internal static unsafe partial class Native
{
    public const int CLONE_FS = 0x200;
    public const int CLONE_FILES = 0x400;
    public const int AF_UNIX = 1;
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;

    private static readonly bool IsX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    [LibraryImport(C, SetLastError = true)]
    public static partial int unshare(int flags);

    [LibraryImport(C)]
    public static partial uint umask(uint mask);

    [LibraryImport(C)]
    public static partial uint geteuid();

    [LibraryImport(C)]
    public static partial uint getegid();

    // By system call: the functions of the C library would change every thread of the process.
    public static nint SetGroups(uint[] groups)
    {
        fixed (uint* list = groups) return syscall(IsX64 ? 116 : 159, groups.Length, (nint)list, 0, 0, 0);
    }

    public static nint SetResGid(uint real, uint effective, uint saved) => syscall(IsX64 ? 119 : 149, (nint)real, (nint)effective, (nint)saved, 0, 0);

    public static nint SetResUid(uint real, uint effective, uint saved) => syscall(IsX64 ? 117 : 147, (nint)real, (nint)effective, (nint)saved, 0, 0);

    public static nint GetDents(int fd, byte* buffer, int size) => syscall(IsX64 ? 217 : 61, fd, (nint)buffer, size, 0, 0);

    [LibraryImport(C, SetLastError = true)]
    public static partial int socket(int family, int type, int protocol);

    [LibraryImport(C, SetLastError = true)]
    public static partial int bind(int fd, byte[] address, uint length);

    [LibraryImport(C, SetLastError = true)]
    public static partial int connect(int fd, byte[] address, uint length);

    [LibraryImport(C, SetLastError = true)]
    public static partial int listen(int fd, int backlog);

    [LibraryImport(C, SetLastError = true)]
    public static partial int accept(int fd, nint address, nint length);
}
