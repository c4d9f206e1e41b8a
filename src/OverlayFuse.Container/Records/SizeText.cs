using System.Globalization;

namespace OverlayFuse.Container;

/// <summary>"64m": a number of bytes, with b, k, m or g behind it.</summary>
public static class SizeText
{
    /// <summary>Null: it is none.</summary>
    public static long? Parse(string text)
    {
        var unit = char.ToLowerInvariant(text.LastOrDefault());
        var factor = unit switch { 'k' => 1L << 10, 'm' => 1L << 20, 'g' => 1L << 30, _ => 1 };
        var digits = unit is 'b' or 'k' or 'm' or 'g' ? text[..^1] : text;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < long.MaxValue / factor ? number * factor : null;
    }
}
