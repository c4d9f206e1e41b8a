using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Memory: what of it stays resident.
public static unsafe partial class Syscall
{
    private const int DontNeed = 4;
    private const int WillNeed = 3;
    private const int FilePage = 61; // the bit of an entry of /proc/PID/pagemap, proc_pid_pagemap(5)

    /// <summary>
    /// madvise(2), MADV_DONTNEED, of the program's code and constants: what only the beginning needed is not resident any more, the rest comes back
    /// from the page cache as it is used. Only for a program compiled ahead of time: there they are as the file has them. Failures cost memory and
    /// nothing else.
    /// </summary>
    public static void LetGoOfCode()
    {
        if (RuntimeFeature.IsDynamicCodeSupported || Open("/proc/self/pagemap", OpenFlags.ReadOnly, out var pages) != Errno.None) return;
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            // START-END PERMISSIONS OFFSET DEVICE INODE PATH, proc_pid_maps(5); private, so never written by others either
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var range, "r-xp" or "r--p", _, _, _, ['/', ..]] || range.Split('-') is not [var start, var end]) continue;
            LetGo(pages, ulong.Parse(start, NumberStyles.HexNumber, CultureInfo.InvariantCulture), ulong.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
        pages.Close();
    }

    /// <summary>
    /// posix_fadvise(2), POSIX_FADV_WILLNEED: the file is read into the page cache, behind us. What of a program is used first then need not wait for
    /// the disk. Failures cost time and nothing else.
    /// </summary>
    public static void ReadAhead(string path)
    {
        if (Open(path, OpenFlags.ReadOnly, out var file) != Errno.None) return;
        _ = Native.posix_fadvise64(file.Number, 0, 0, WillNeed);
        file.Close();
    }

    // Of memory that nobody writes any more. Pages that the loader has written addresses into are ours alone, and must stay.
    private static void LetGo(Fd pagemap, ulong start, ulong end)
    {
        var size = (ulong)Environment.SystemPageSize;
        var entries = new ulong[(end - start) / size];
        if (PRead(pagemap, MemoryMarshal.AsBytes(entries.AsSpan()), (long)(start / size * sizeof(ulong)), out var count) != Errno.None || count < entries.Length * sizeof(ulong)) return;
        for (var first = 0; first < entries.Length; first++)
        {
            var next = first;
            while (next < entries.Length && (entries[next] >> FilePage & 1) != 0) next++;
            if (next > first) _ = Native.madvise((void*)(start + (ulong)first * size), (nuint)((ulong)(next - first) * size), DontNeed);
            first = next;
        }
    }

    private static partial class Native
    {
        [LibraryImport(C)]
        public static partial int madvise(void* address, nuint length, int advice);

        [LibraryImport(C)]
        public static partial int posix_fadvise64(int fd, long offset, long length, int advice);
    }
}
