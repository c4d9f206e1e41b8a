using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

/// <summary>The code and constants of this program, as they lie in memory.</summary>
public static class ProgramCode
{
    private const int FilePage = 61; // the bit of an entry of /proc/PID/pagemap, proc_pid_pagemap(5)

    /// <summary>
    /// Takes them out of memory: what only the beginning needed is not resident any more, the rest comes back from the page cache as it is used. Only for a
    /// program compiled ahead of time: there they are as the file has them. Failures cost memory and nothing else.
    /// </summary>
    public static void LetGo()
    {
        if (RuntimeFeature.IsDynamicCodeSupported || Syscall.Open("/proc/self/pagemap", OpenFlags.ReadOnly, out var pages) != Errno.None) return;
        try
        {
            foreach (var line in File.ReadLines("/proc/self/maps"))
            {
                // START-END PERMISSIONS OFFSET DEVICE INODE PATH, proc_pid_maps(5); private, so never written by others either
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var range, "r-xp" or "r--p", _, _, _, ['/', ..]] || range.Split('-') is not [var start, var end]) continue;
                LetGo(pages, ulong.Parse(start, NumberStyles.HexNumber, CultureInfo.InvariantCulture), ulong.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays.
        }
        pages.Close();
    }

    // Of memory that nobody writes any more. Pages that the loader has written addresses into are ours alone, and must stay.
    private static void LetGo(Fd pagemap, ulong start, ulong end)
    {
        var size = (ulong)Environment.SystemPageSize;
        var entries = new ulong[(end - start) / size];
        if (Syscall.PRead(pagemap, MemoryMarshal.AsBytes(entries.AsSpan()), (long)(start / size * sizeof(ulong)), out var count) != Errno.None || count < entries.Length * sizeof(ulong)) return;
        for (var first = 0; first < entries.Length; first++)
        {
            var next = first;
            while (next < entries.Length && (entries[next] >> FilePage & 1) != 0) next++;
            if (next > first) Syscall.DoNotNeed(start + (ulong)first * size, (ulong)(next - first) * size);
            first = next;
        }
    }
}
