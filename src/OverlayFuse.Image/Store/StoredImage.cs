namespace OverlayFuse.Image;

/// <summary>An image that is here: its record, its configuration, and its names.</summary>
public sealed record StoredImage(ImageRecord Record, ImageConfig Config, IReadOnlyList<ImageReference> References)
{
    public string Id => "sha256:" + Record.Id;

    public long Size => Record.Layers.Sum(layer => layer.Size);

    /// <summary>Its layers' directories in overlay2, topmost first.</summary>
    public IReadOnlyList<string> LayerIds => [.. Record.Layers.Select(layer => layer.Id).Reverse()];
}
