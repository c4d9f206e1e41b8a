using System.Globalization;
using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>The value of timeout= and its kin: a number of seconds, as C reads one: 0, 0.5, 60, 1e9.</summary>
internal static class Seconds
{
    private const double Forever = 1e9; // what fuse-overlayfs means by it

    private const NumberStyles Decimal = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;

    /// <summary>Null: it is none. What nobody lives to see the end of is <see cref="Entry.Forever"/>.</summary>
    public static TimeSpan? Parse(string word)
    {
        if (!double.TryParse(word, Decimal, CultureInfo.InvariantCulture, out var seconds) || double.IsNaN(seconds) || seconds < 0) return null;
        return seconds >= Forever ? Entry.Forever : TimeSpan.FromSeconds(seconds);
    }

    public static string Text(TimeSpan time) => time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
