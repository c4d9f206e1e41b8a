using System.Globalization;

namespace OverlayFuse.SideBySide;

/// <summary>Figures as people read them.</summary>
internal static class Figure
{
    /// <summary>A ratio: two digits that say something.</summary>
    public static string Ratio(double value) => value switch
    {
        >= 10 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.0#", CultureInfo.InvariantCulture),
        >= 0.1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000#", CultureInfo.InvariantCulture),
    };

    public static string Short(double value) => value >= 1 << 20 ? Size((long)value) : value.ToString("0.###", CultureInfo.InvariantCulture);

    public static string Size(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB"];
        var unit = 0;
        for (; bytes >= 1024 && unit < units.Length - 1; unit++) bytes /= 1024;
        return $"{bytes.ToString(bytes < 10 ? "0.#" : "0", CultureInfo.InvariantCulture)} {units[unit]}";
    }

    public static string Time(double seconds) => seconds switch
    {
        < 1e-3 => $"{Digits(seconds * 1e6)} us",
        < 1 => $"{Digits(seconds * 1e3)} ms",
        _ => $"{Digits(seconds)} s",
    };

    public static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Digits(double value) => value.ToString(value < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
