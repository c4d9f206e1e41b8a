using System.Globalization;
using System.Text.RegularExpressions;

namespace OverlayFuse.Container;

/// <summary>"64m", "1.5g", "512MB", "64 KiB": a number of bytes, in units of 1024. Pure.</summary>
/// <remarks>docker/go-units, RAMInBytes.</remarks>
public static partial class SizeText
{
    private const string Units = "kmgtp";

    /// <summary>Null: it is none.</summary>
    public static long? Parse(string text)
    {
        if (Form().Match(text) is not { Success: true } match) return null;
        if (!decimal.TryParse(match.Groups["number"].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
        var power = match.Groups["unit"] is { Success: true, Value: var unit } ? Units.IndexOf(char.ToLowerInvariant(unit[0])) + 1 : 0;
        var factor = 1L << (10 * power);
        return number < long.MaxValue / factor ? (long)(number * factor) : null;
    }

    [GeneratedRegex(@"^(?<number>[0-9]+(\.[0-9]+)?) ?((?<unit>[kKmMgGtTpP])([iI]?[bB])?|[bB])?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
