using System.Globalization;

namespace OverlayFuse.Fuse;

/// <summary>The processors that this machine can have, those included that are not there yet: /sys/devices/system/cpu/possible.</summary>
internal static class Processors
{
    /// <summary>How many; 0 where that cannot be found out.</summary>
    public static int Possible() => SystemFile.TryRead("/sys/devices/system/cpu/possible", out var list) ? Count(list) : 0;

    /// <summary>Of a list like "0-3,8-11"; 0 where it is not a list.</summary>
    public static int Count(ReadOnlySpan<char> list)
    {
        var count = 0;
        foreach (var part in list.Trim().Split(','))
        {
            var range = list.Trim()[part];
            var dash = range.IndexOf('-');
            if (!TryParse(dash < 0 ? range : range[..dash], out var first) || !TryParse(dash < 0 ? range : range[(dash + 1)..], out var last) || last < first) return 0;
            count += last - first + 1;
        }
        return count;
    }

    private static bool TryParse(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
