namespace OverlayFuse.Image;

/// <summary>One layer of an image.</summary>
public sealed class LayerRecord
{
    /// <summary>Its directory in overlay2: the digest of the stack up to it (OCI image-spec config.md, "Layer ChainID").</summary>
    public required string Id { get; set; }

    /// <summary>The digest of its archive, unpacked.</summary>
    public required string DiffId { get; set; }

    /// <summary>The archive as it came, in image/blobs.</summary>
    public required string Blob { get; set; }

    /// <summary>Of that archive.</summary>
    public required long BlobSize { get; set; }

    /// <summary>Bytes of its files.</summary>
    public required long Size { get; set; }
}
