using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Linux;

[assembly: DisableRuntimeMarshalling]

namespace OverlayFuse.SideBySide;

/// <summary>What a client needs that the product does not: lstat(2) as every program calls it, and the ids of one thread.</summary>
internal static unsafe partial class Native
{
    private const int AtSymlinkNoFollow = 0x100;
    private const uint BasicStats = 0x7ff;

    private static readonly bool IsX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>lstat(2): without the time of birth, which the room Linux asks for and which is a request of its own through FUSE.</summary>
    public static Errno LStat(DirFd dir, ReadOnlySpan<byte> terminatedName)
    {
        var status = stackalloc byte[256];
        fixed (byte* name = terminatedName) return statx(dir.Number, name, AtSymlinkNoFollow, BasicStats, status) == 0 ? Errno.None : (Errno)Marshal.GetLastSystemError();
    }

    /// <summary>Makes this thread, and no other, another user's. By system call: the functions of the C library change all threads.</summary>
    public static void BecomeUser(uint uid, uint gid)
    {
        if (syscall(IsX64 ? 116 : 159, 0, 0, 0) != 0 || syscall(IsX64 ? 119 : 149, (nint)gid, (nint)gid, (nint)gid) != 0 || syscall(IsX64 ? 117 : 147, (nint)uid, (nint)uid, (nint)uid) != 0)
            throw new BenchmarkException($"cannot act as user {uid}: that takes root.");
    }

    [LibraryImport("libc")]
    private static partial int statx(int dir, byte* path, int flags, uint mask, byte* status);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint a, nint b, nint c);
}
