using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

/// <summary>The work that is measured: system calls and nothing else, the same for every engine.</summary>
/// <remarks>Partials by what is worked on; this one has what all of them need.</remarks>
internal static partial class Client
{
    private const uint FileMode = 0x1A4; // 0644
    private const uint DirectoryMode = 0x1ED; // 0755

    public static void Expect(Errno error, string what)
    {
        if (error != Errno.None) throw new BenchmarkException($"{what}: {error.Describe()}");
    }

    /// <summary>Work that found less than there is would be fast.</summary>
    public static void Demand(long found, long expected, string what)
    {
        if (found != expected) throw new BenchmarkException($"{found} {what}, and not {expected}");
    }

    /// <summary>Opens a directory beneath another, names separated by slashes.</summary>
    public static DirFd OpenDirectory(DirFd at, ReadOnlySpan<byte> path)
    {
        Expect(Syscall.OpenAt(at, path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var fd), "open of a directory");
        return new DirFd(fd.Number);
    }
}
