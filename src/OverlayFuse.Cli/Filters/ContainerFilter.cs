using System.Globalization;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Which containers "ps --filter" lists.</summary>
internal sealed class ContainerFilter
{
    public static readonly IReadOnlyCollection<string> Keys = ["ancestor", "before", "exited", "id", "label", "name", "network", "since", "status", "volume"];

    // Docker's: those that ours never have are no mistake.
    private static readonly string[] States = ["created", "restarting", "running", "removing", "paused", "exited", "dead"];

    private readonly ListFilter _filter;
    private readonly HashSet<int> _exitCodes;
    private readonly HashSet<string> _images;
    private readonly List<DateTimeOffset> _before;
    private readonly List<DateTimeOffset> _since;

    /// <param name="texts">What --filter says.</param>
    /// <param name="createdAt">When the container of a name was made.</param>
    /// <param name="descendants">The ids of an image and of all that stand on it.</param>
    /// <exception cref="RefusedException">It is no filter for containers, or one of a container that is not there.</exception>
    public ContainerFilter(IEnumerable<string> texts, Func<string, DateTimeOffset> createdAt, Func<string, IEnumerable<string>> descendants)
    {
        _filter = ListFilter.Parse(texts, Keys);
        if (_filter.Values("status").FirstOrDefault(status => !States.Contains(status)) is { } noState) throw ListFilter.Invalid($"status={noState}");
        _exitCodes = [.. _filter.Values("exited").Select(ExitCode)];
        _images = [.. _filter.Values("ancestor").SelectMany(descendants)];
        _before = [.. _filter.Values("before").Select(createdAt)];
        _since = [.. _filter.Values("since").Select(createdAt)];
    }

    /// <summary>Who asks for a status means those that do not run, too.</summary>
    public bool IsOfAll => _filter.Has("status");

    public bool Fits(StoredContainer container) =>
        _filter.AllowsName("name", container.Record.Name, "/" + container.Record.Name)
        && _filter.AllowsName("id", container.Id)
        && _filter.AllowsLabels(container.Record.Config.Labels)
        && _filter.AllowsWord("status", container.Status.ToString().ToLowerInvariant())
        && _filter.Allows("network", wanted => wanted == container.Record.ShownNetwork || wanted == container.Record.Network || (wanted == "bridge" && container.Record.Network == "private"))
        && _filter.Allows("volume", wanted => container.Record.Mounts.Exists(mount => wanted == mount.Target || wanted == (mount.Volume ?? mount.Source)))
        && (!_filter.Has("exited") || (container.Status == ContainerStatus.Exited && _exitCodes.Contains(container.ExitCode)))
        && (!_filter.Has("ancestor") || _images.Contains(container.Record.ImageId))
        && (_before.Count == 0 || _before.Exists(time => container.Record.Created < time))
        && (_since.Count == 0 || _since.Exists(time => container.Record.Created > time));

    private static int ExitCode(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var code) ? code : throw ListFilter.Invalid($"exited={text}");
}
