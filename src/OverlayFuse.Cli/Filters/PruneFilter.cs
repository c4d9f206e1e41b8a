using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>What "prune --filter" takes away of all that could go: by its labels, and by its age.</summary>
internal sealed partial class PruneFilter
{
    public const string Until = "until";

    public static readonly IReadOnlyCollection<string> KeysOfVolumes = ["label", "label!"];
    public static readonly IReadOnlyCollection<string> Keys = [.. KeysOfVolumes, Until];

    private const double Longest = 6e10; // seconds; longer than there have been dates

    private readonly ListFilter _filter;
    private readonly DateTimeOffset? _until;

    /// <param name="keys">Those that are known here.</param>
    /// <param name="now">What an age counts from.</param>
    /// <exception cref="RefusedException">It is no filter.</exception>
    public PruneFilter(IEnumerable<string> texts, IReadOnlyCollection<string> keys, DateTimeOffset now)
    {
        _filter = ListFilter.Parse(texts, keys);
        if (_filter.Values(Until).Skip(1).Any()) throw new RefusedException("more than one until filter specified");
        _until = _filter.Values(Until).FirstOrDefault() is { } text ? Moment(text, now) : null;
    }

    /// <summary>Nothing was said.</summary>
    public bool IsEmpty => !Keys.Any(_filter.Has);

    public bool HasUntil => _until is not null;

    public static PruneFilter Of(ParseResult result, Option<string[]> option, IReadOnlyCollection<string> keys) =>
        new(ListFilter.Texts(result, option), keys, DateTimeOffset.UtcNow);

    public bool Fits(IReadOnlyDictionary<string, string>? labels, DateTimeOffset? created) =>
        _filter.AllowsLabels(labels)
        && !(_filter.Has("label!") && _filter.Values("label!").All(spared => ListFilter.HasLabel(labels, spared)))
        && (_until is null || created < _until);

    // As docker: an age such as 24h or 1h30m, a time, or seconds since 1970.
    private static DateTimeOffset Moment(string text, DateTimeOffset now)
    {
        if (Age().Match(text) is { Success: true } age)
        {
            var seconds = age.Groups["part"].Captures.Sum(part => Seconds(part.Value));
            if (seconds < Longest) return now - TimeSpan.FromSeconds(seconds);
        }
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var since) && since < Longest) return DateTimeOffset.FromUnixTimeSeconds(since);
        return HumanText.Time(text) ?? throw ListFilter.Invalid($"{Until}={text}");
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
