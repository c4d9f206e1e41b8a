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

    // The runtime maps the code that it makes from this one, on any thread, at any time; 0 where it has none.
    private static readonly uint RuntimeMemory = FindRuntimeMemory();

    /// <summary>
    /// Gives the thread descriptors, directory and umask of its own, beginning with copies or, but for the standard ones, with none. A copy keeps open what
    /// other threads close: files of a mount, and the pipes of a program that they start.
    /// </summary>
    public static void Part(bool withCopies)
    {
        // A signal for the process may come on any thread, and the runtime's handler of SIGCHLD writes to a descriptor.
        const int SIG_BLOCK = 0;
        var set = 1UL << (17 - 1);
        syscall(IsX64 ? 14 : 135, SIG_BLOCK, (nint)(&set), 0, sizeof(ulong), 0);
        if (unshare(CLONE_FS | CLONE_FILES) != 0) throw new InvalidOperationException("cannot part with the descriptors of the process");
        if (!withCopies) CloseAll();
    }

    /// <summary>Closes all descriptors of a thread that has its own.</summary>
    public static void CloseAll()
    {
        if (RuntimeMemory > 3) _ = close_range(3, RuntimeMemory - 1, 0);
        _ = close_range(Math.Max(RuntimeMemory + 1, 3), uint.MaxValue, 0);
    }

    private static uint FindRuntimeMemory()
    {
        Span<byte> target = stackalloc byte[64];
        for (var fd = 3u; fd < 256; fd++)
        {
            var error = Syscall.ReadLinkAt(DirFd.Cwd, System.Text.Encoding.ASCII.GetBytes($"/proc/self/fd/{fd}"), target, out var length);
            if (error == None && target[..length].StartsWith("/memfd:doublemapper"u8)) return fd;
        }
        return 0;
    }

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
