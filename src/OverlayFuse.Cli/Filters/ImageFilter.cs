using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Which images, and which of their names, "images --filter" lists.</summary>
internal sealed class ImageFilter
{
    public static readonly IReadOnlyCollection<string> Keys = ["before", "dangling", "label", "reference", "since"];

    private readonly ListFilter _filter;
    private readonly bool? _isDangling;
    private readonly List<PathPattern> _references;
    private readonly List<DateTimeOffset?> _before;
    private readonly List<DateTimeOffset?> _since;

    /// <param name="texts">What --filter says.</param>
    /// <param name="createdAt">When the image of a name was made.</param>
    /// <exception cref="RefusedException">It is no filter for images, or one of an image that is not there.</exception>
    public ImageFilter(IEnumerable<string> texts, Func<string, DateTimeOffset?> createdAt)
    {
        _filter = ListFilter.Parse(texts, Keys);
        _isDangling = _filter.Truth("dangling");
        _references = [.. _filter.Values("reference").Select(pattern => new PathPattern(pattern))];
        _before = [.. _filter.Values("before").Select(createdAt)];
        _since = [.. _filter.Values("since").Select(createdAt)];
    }

    /// <param name="reference">One of its names; null for an image that has none.</param>
    public bool Fits(StoredImage image, ImageReference? reference)
    {
        var created = HumanText.Time(image.Config.Created);
        return (_isDangling is not { } dangling || (dangling ? !image.Tags.Any() : reference is not null))
            && _filter.AllowsLabels(image.Config.Config?.Labels)
            && (_references.Count == 0 || (reference is not null && _references.Exists(pattern => HasName(pattern, reference))))
            && (_before.Count == 0 || _before.Exists(time => created < time))
            && (_since.Count == 0 || _since.Exists(time => created > time));
    }

    // As docker: with the tag or without, and no * goes over a slash.
    private static bool HasName(PathPattern pattern, ImageReference reference) =>
        pattern.Matches(reference.Repository.Split('/')) || pattern.Matches(reference.ToString().Split('/'));
}
