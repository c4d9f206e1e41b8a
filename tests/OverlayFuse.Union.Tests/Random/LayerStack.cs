namespace OverlayFuse.Union.Tests;

/// <summary>
/// Layers made of random items, as far as these fit together, and the union of them by a model of its own: a plain tree, to which each
/// layer, from the lowest, adds what it says.
/// </summary>
/// <remarks>
/// Left out is what no tool writes and kernel overlayfs reads otherwise (expected-differences.md): whiteouts that hide nothing ("the kernel
/// passes the listing of a directory of one layer through"), redirects to what is still there under its old name ("the kernel keeps one
/// inode for a lower object"), marked whiteouts in an upper.
/// </remarks>
internal sealed class LayerStack
{
    private readonly SortedDictionary<string, LayerItem>[] _layers;
    private readonly LayerItem[][] _accepted;
    private SortedDictionary<string, Shown> _union = new(StringComparer.Ordinal);

    /// <param name="layers">The upper, then the lower layers from the top.</param>
    private LayerStack(IReadOnlyList<LayerItem[]> layers)
    {
        _layers = new SortedDictionary<string, LayerItem>[layers.Count];
        _accepted = new LayerItem[layers.Count][];
        for (var number = layers.Count - 1; number >= 0; number--)
        {
            _layers[number] = new(StringComparer.Ordinal);
            _accepted[number] = [.. layers[number].Select(item => Accept(number, item)).OfType<LayerItem>()];
            Lay(number);
        }
    }

    /// <summary>What of the layers fits together.</summary>
    public static LayerStack Of(IReadOnlyList<LayerItem[]> layers)
    {
        while (true)
        {
            var stack = new LayerStack(layers);
            // A file with a name that is hidden has a link count that only the lower file system knows.
            var hidden = stack._union.Values.Where(s => s.Group.Length > 0).GroupBy(s => s.Group).ToDictionary(g => g.Key, g => g.Count());
            LayerItem[][] kept = [.. stack._accepted.Select((items, number) => items.Where(i => i.Kind != LayerKind.HardLink || IsWhole(items, number, i.Target)).ToArray())];
            if (kept.Sum(k => k.Length) == stack._accepted.Sum(a => a.Length)) return stack;
            layers = kept;

            bool IsWhole(LayerItem[] items, int number, string file) =>
                hidden.GetValueOrDefault($"{number}:{file}") == 1 + items.Count(i => i.Kind == LayerKind.HardLink && i.Target == file);
        }
    }

    public int LowerCount => _layers.Length - 1;

    /// <summary>The items that were taken, the upper's first.</summary>
    public IReadOnlyList<LayerItem[]> Items => _accepted;

    /// <summary>The layers as a case writes them.</summary>
    public IEnumerable<(string Layer, string Text)> Texts =>
        _layers.Select((layer, number) => (number == 0 ? "upper" : $"lower{number}", string.Join("  ", layer.Values.OrderBy(i => i.Kind == LayerKind.HardLink).Select(i => i.Text)))).Where(l => l.Item2.Length > 0);

    /// <summary>The union, as the text of a tree without layers.</summary>
    public string Union
    {
        get
        {
            var first = new Dictionary<string, string>();
            return string.Join("  ", _union.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Value.Group.Length == 0 || first.TryAdd(s.Value.Group, s.Key) ? s.Value.Item with { Path = s.Key } : new LayerItem(s.Key, LayerKind.HardLink, Target: first[s.Value.Group])).Text));
        }
    }

    private LayerItem? Accept(int number, LayerItem item)
    {
        var layer = _layers[number];
        if (layer.ContainsKey(item.Path) || LayerItem.Above(item.Path).Any(a => layer.TryGetValue(a, out var above) && !above.IsDirectory)) return null;
        var below = _union.GetValueOrDefault(item.Path);
        switch (item.Kind)
        {
            case LayerKind.HardLink when !layer.TryGetValue(item.Target, out var file) || file.Kind is not (LayerKind.File or LayerKind.Symlink or LayerKind.Fifo):
            case LayerKind.Whiteout or LayerKind.MarkedWhiteout or LayerKind.OciWhiteout or LayerKind.Metacopy when below is null || !IsMerged(layer, item.Path):
            case LayerKind.Metacopy when below.Item.Kind != LayerKind.File:
                return null;
            case LayerKind.Metacopy:
                item = item with { Content = below.Item.Content };
                break;
            case LayerKind.MarkedWhiteout when number == 0:
                item = item with { Kind = LayerKind.Whiteout };
                break;
            case LayerKind.Moved:
                if (!_union.TryGetValue(item.Target, out var from) || from.Item.Kind is not (LayerKind.File or LayerKind.Directory)) return null;
                if (item.IsAt(item.Target) || LayerItem.IsBelow(item.Target, item.Path) || !IsMerged(layer, item.Target) || layer.Values.Any(i => i.IsAt(item.Target))) return null;
                item = item with { Content = from.Item.Content };
                break;
        }
        if (!item.IsDirectory && layer.Values.Any(i => LayerItem.IsBelow(i.Path, item.Path))) return null;
        Add(layer, item);
        if (item.Kind == LayerKind.Moved) Add(layer, new LayerItem(item.Target, LayerKind.Whiteout));
        return item;
    }

    // Whether a name of this layer is laid upon the same name below.
    private static bool IsMerged(SortedDictionary<string, LayerItem> layer, string path) =>
        LayerItem.Above(path).All(a => !layer.TryGetValue(a, out var above) || above.Kind == LayerKind.Directory);

    private void Add(SortedDictionary<string, LayerItem> layer, LayerItem item)
    {
        // As a copy-up would make the directories above.
        foreach (var above in LayerItem.Above(item.Path))
            layer.TryAdd(above, new LayerItem(above, LayerKind.Directory, Attributes: _union.TryGetValue(above, out var below) && below.Item.IsDirectory ? below.Item.Attributes : $"{LayerItem.OwnOwner} time=1000"));
        layer[item.Path] = item;
    }

    private void Lay(int number)
    {
        var union = new SortedDictionary<string, Shown>(_union, StringComparer.Ordinal);
        foreach (var item in _layers[number].Values)
        {
            var mergesHere = item.Kind == LayerKind.Directory && union.TryGetValue(item.Path, out var there) && there.Item.IsDirectory;
            if (!mergesHere) foreach (var gone in union.Keys.Where(k => k == item.Path || LayerItem.IsBelow(k, item.Path)).ToList()) union.Remove(gone);
            if (item.IsWhiteout) continue;
            union[item.Path] = new Shown(Plain(item), "");
            if (item.Kind == LayerKind.Moved)
                foreach (var (path, shown) in _union.Where(s => LayerItem.IsBelow(s.Key, item.Target)).ToList()) union[item.Path + path[item.Target.Length..]] = shown;
        }
        foreach (var link in _layers[number].Values.Where(i => i.Kind == LayerKind.HardLink))
            union[link.Path] = union[link.Target] = new Shown(Plain(_layers[number][link.Target]), $"{number}:{link.Target}");
        _union = union;
    }

    // What a process sees of an item.
    private static LayerItem Plain(LayerItem item) => item.Kind switch
    {
        _ when item.IsDirectory => item with { Kind = LayerKind.Directory, Target = "" },
        LayerKind.Metacopy or LayerKind.Moved => item with { Kind = LayerKind.File, Target = "" },
        _ => item,
    };

    /// <summary>An object of the union; objects of one group are names of one file.</summary>
    private sealed record Shown(LayerItem Item, string Group);
}
