using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Memory: what of it stays resident.
public static unsafe partial class Syscall
{
    private const int DontNeed = 4;

    /// <summary>
    /// madvise(2), MADV_DONTNEED, of the program's code and constants: what only the beginning needed is not resident any more, the rest comes back
    /// from the page cache as it is used. Only for a program compiled ahead of time: there they are as the file has them. Failures cost memory and
    /// nothing else.
    /// </summary>
    public static void LetGoOfCode()
    {
        if (RuntimeFeature.IsDynamicCodeSupported) return;
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            // START-END PERMISSIONS OFFSET DEVICE INODE PATH, proc_pid_maps(5); private, so never written by others either
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var range, var permissions, var offset, _, _, ['/', ..]] || range.Split('-') is not [var start, var end]) continue;

            // Read-only and further into the file are the tables that the loader has written addresses into: those must stay.
            if (permissions != "r-xp" && (permissions != "r--p" || offset != "00000000")) continue;
            var (from, to) = (nuint.Parse(start, NumberStyles.HexNumber, CultureInfo.InvariantCulture), nuint.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            _ = Native.madvise((void*)from, to - from, DontNeed);
        }
    }

    private static partial class Native
    {
        [LibraryImport(C)]
        public static partial int madvise(void* address, nuint length, int advice);
    }
}
