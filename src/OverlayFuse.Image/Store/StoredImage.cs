namespace OverlayFuse.Image;

/// <summary>An image that is here: its record, its configuration, and its names.</summary>
public sealed record StoredImage(ImageRecord Record, ImageConfig Config, IReadOnlyList<ImageReference> References)
{
    public string Id => "sha256:" + Record.Id;

    public long Size => Record.Layers.Sum(layer => layer.Size);

    /// <summary>Its layers' directories in overlay2, topmost first.</summary>
    public IReadOnlyList<string> LayerIds => [.. Record.Layers.Select(layer => layer.Id).Reverse()];

    /// <summary>It is that one, or was made from it: its layers and its history begin with that one's.</summary>
    public bool StandsOn(StoredImage other) =>
        other.Record.Id == Record.Id
        || (other.Record.Layers.Count > 0
            && Begins(Record.Layers, other.Record.Layers, layer => layer.Id)
            && Begins(Config.History, other.Config.History, step => (step.Created, step.CreatedBy)));

    private static bool Begins<T, TKey>(List<T>? all, List<T>? first, Func<T, TKey> key) =>
        (first ?? []).Select(key).SequenceEqual((all ?? []).Select(key).Take(first?.Count ?? 0));
}
