using System.Globalization;
using OverlayFuse.Fuse;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>The value of partial=: off, on, or the size up to which files come up whole.</summary>
internal static class PartialSize
{
    /// <summary>All files come up whole.</summary>
    public const ulong Off = ulong.MaxValue;

    private const string Units = "KMG";

    /// <exception cref="MountException">It is none of these.</exception>
    public static ulong Parse(string word)
    {
        if (word is "off" or "0") return Off;
        if (word is "on" or "1") return UnionOptions.DefaultWholeUpTo;
        var unit = word.Length > 1 ? Units.IndexOf(char.ToUpperInvariant(word[^1])) : -1;
        var digits = unit < 0 ? word : word[..^1];
        if (ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number < 1UL << 32) return number << (10 * (unit + 1));
        throw new MountException($"option \"partial={word}\" must be one of: off, on, or a size such as 65536, 64K, 1M or 1G.");
    }
}
