using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>What "prune --filter" takes away of all that could go: by its labels, and by its age.</summary>
internal sealed class PruneFilter
{
    public const string Until = "until";

    public static readonly IReadOnlyCollection<string> KeysOfVolumes = ["label", "label!"];
    public static readonly IReadOnlyCollection<string> Keys = [.. KeysOfVolumes, Until];

    private readonly ListFilter _filter;
    private readonly DateTimeOffset? _until;

    /// <param name="keys">Those that are known here.</param>
    /// <param name="now">What an age counts from.</param>
    /// <exception cref="RefusedException">It is no filter.</exception>
    public PruneFilter(IEnumerable<string> texts, IReadOnlyCollection<string> keys, DateTimeOffset now)
    {
        _filter = ListFilter.Parse(texts, keys);
        if (_filter.Values(Until).Skip(1).Any()) throw new RefusedException("more than one until filter specified");
        _until = _filter.Values(Until).FirstOrDefault() is { } text ? HumanText.Moment(text, now) ?? throw ListFilter.Invalid($"{Until}={text}") : null;
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
}
