using System.Globalization;
using System.Text.RegularExpressions;

namespace OverlayFuse.Cli;

/// <summary>Sizes and times as docker writes them for people.</summary>
internal static partial class HumanText
{
    private const double Longest = 6e10; // seconds; longer than there have been dates

    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>Decimal units, so many digits in all.</summary>
    public static string Size(long bytes, int digits = 3)
    {
        double value = bytes;
        var unit = 0;
        for (; value >= 1000 && unit < Units.Length - 1; unit++) value /= 1000;
        var whole = value >= 100 ? 3 : value >= 10 ? 2 : 1;
        var text = value.ToString("F" + Math.Max(0, digits - whole), CultureInfo.InvariantCulture);
        if (text.Contains('.')) text = text.TrimEnd('0').TrimEnd('.');
        return text + Units[unit];
    }

    /// <summary>"7 minutes", without "ago".</summary>
    public static string Duration(TimeSpan time)
    {
        if (time < TimeSpan.FromSeconds(1)) return "Less than a second";
        var seconds = (long)time.TotalSeconds;
        if (seconds == 1) return "1 second";
        if (seconds < 60) return $"{seconds} seconds";
        var minutes = seconds / 60;
        if (minutes == 1) return "About a minute";
        if (minutes < 60) return $"{minutes} minutes";
        var hours = (minutes + 30) / 60;
        if (hours == 1) return "About an hour";
        if (hours < 48) return $"{hours} hours";
        if (hours < 24 * 7 * 2) return $"{hours / 24} days";
        if (hours < 24 * 30 * 2) return $"{hours / 24 / 7} weeks";
        return hours < 24 * 365 * 2 ? $"{hours / 24 / 30} months" : $"{hours / 24 / 365} years";
    }

    public static string Ago(DateTimeOffset time) => Duration(DateTimeOffset.UtcNow - time) + " ago";

    /// <summary>"N/A" for what was never written or is no time.</summary>
    public static string Ago(string? time) => Time(time) is { } parsed ? Ago(parsed) : "N/A";

    public static DateTimeOffset? Time(string? text) => Time(text, DateTimeStyles.AssumeUniversal);

    private static DateTimeOffset? Time(string? text, DateTimeStyles style) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, style, out var time) && time.Year > 1 ? time : null;

    /// <summary>Cut to a number of characters, the last an ellipsis.</summary>
    public static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "\u2026";

    /// <summary>As docker: an age such as 24h or 1h30m, a time (where we are, if it does not say), or seconds since 1970. Null: it is none.</summary>
    public static DateTimeOffset? Moment(string text, DateTimeOffset now)
    {
        if (Age().Match(text) is { Success: true } age)
        {
            var seconds = age.Groups["part"].Captures.Sum(part => Seconds(part.Value));
            if (seconds < Longest) return now - TimeSpan.FromSeconds(seconds);
        }
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var since) && since < (decimal)Longest
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(since * TimeSpan.TicksPerSecond))
            : Time(text, DateTimeStyles.AssumeLocal);
    }

    private static double Seconds(string part) => double.Parse(part.AsSpan().TrimEnd("hms"), CultureInfo.InvariantCulture) * (part[^1], part[^2]) switch
    {
        ('s', 'm') => 0.001,
        ('s', _) => 1,
        ('m', _) => 60,
        _ => 3600,
    };

    [GeneratedRegex(@"^(?<part>\d+(\.\d+)?(h|ms|m|s))+$", RegexOptions.ExplicitCapture)]
    private static partial Regex Age();
}
