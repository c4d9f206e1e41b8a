namespace OverlayFuse.Image;

/// <summary>What is kept of an image beside its configuration, in image/images/ID.json.</summary>
public sealed class ImageRecord
{
    /// <summary>The hexadecimal digits of the digest of its configuration.</summary>
    public required string Id { get; set; }

    /// <summary>Lowest first.</summary>
    public required List<LayerRecord> Layers { get; set; }

    /// <summary>When it came here.</summary>
    public required DateTimeOffset Stored { get; set; }
}
