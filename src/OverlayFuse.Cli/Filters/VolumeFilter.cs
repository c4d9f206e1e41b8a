using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Which volumes "volume ls --filter" lists.</summary>
internal sealed class VolumeFilter
{
    public static readonly IReadOnlyCollection<string> Keys = ["dangling", "driver", "label", "name"];

    private readonly ListFilter _filter;
    private readonly bool? _isDangling;

    /// <exception cref="RefusedException">It is no filter for volumes.</exception>
    public VolumeFilter(IEnumerable<string> texts)
    {
        _filter = ListFilter.Parse(texts, Keys);
        _isDangling = _filter.Truth("dangling");
    }

    /// <param name="isUsed">Whether a container has it; looked up only when that is asked for.</param>
    public bool Fits(VolumeRecord volume, Func<string, bool> isUsed) =>
        _filter.AllowsName("name", volume.Name)
        && _filter.AllowsWord("driver", volume.Driver)
        && _filter.AllowsLabels(volume.Labels)
        && (_isDangling is null || _isDangling != isUsed(volume.Name));
}
