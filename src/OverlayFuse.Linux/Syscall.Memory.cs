using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Memory, and the page cache: what stays there, and what is read in.
public static unsafe partial class Syscall
{
    private const int DontNeed = 4; // MADV_DONTNEED
    private const int WillNeed = 3; // POSIX_FADV_WILLNEED

    /// <summary>posix_fadvise(2), POSIX_FADV_WILLNEED: the file is read into the page cache, behind us. Failures cost time and nothing else.</summary>
    public static void ReadAhead(string path)
    {
        if (Open(path, OpenFlags.ReadOnly, out var file) != Errno.None) return;
        _ = Native.posix_fadvise64(file.Number, 0, 0, WillNeed);
        file.Close();
    }

    /// <summary>madvise(2), MADV_DONTNEED: of a mapping of a file the pages are read again when they are used. What was written to private ones is lost.</summary>
    internal static void DoNotNeed(ulong start, ulong length) => _ = Native.madvise((void*)start, (nuint)length, DontNeed);

    private static partial class Native
    {
        [LibraryImport(C)]
        public static partial int madvise(void* address, nuint length, int advice);

        [LibraryImport(C)]
        public static partial int posix_fadvise64(int fd, long offset, long length, int advice);
    }
}
