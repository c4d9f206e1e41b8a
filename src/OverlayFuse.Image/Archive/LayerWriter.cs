namespace OverlayFuse.Image;

/// <summary>Takes one layer archive into the store: checks it, unpacks it upon those below, and keeps it as it came.</summary>
internal sealed class LayerWriter(ImageStore store)
{
    public IProgress<long>? Progress { get; init; }

    /// <param name="archive">A file that may be moved away.</param>
    /// <param name="below">The layers of the image so far, lowest first.</param>
    /// <param name="expected">What the unpacked archive must have as its digest; null: what it has is right.</param>
    /// <param name="expectedBlob">What the archive itself must have.</param>
    /// <exception cref="InvalidDataException">A digest is wrong, or the archive is broken.</exception>
    public LayerRecord Store(string archive, IReadOnlyList<LayerRecord> below, Digest? expected, Digest? expectedBlob, out int withoutOwner)
    {
        withoutOwner = 0;
        Digest blob;
        using (var file = File.OpenRead(archive)) blob = Digest.Of(file);
        if (expectedBlob is { } wanted && wanted != blob) throw new InvalidDataException($"a layer has the digest {blob} and should have {wanted}");
        var diffId = expected ?? DiffIdOf(archive);
        var id = LayerStore.ChainId(below is [.., var parent] ? parent.Id : null, diffId);
        var size = KnownSize(id);
        if (size is null)
        {
            store.Layers.Remove(id); // one that no image knows: its command was stopped before the end
            var applier = store.Layers.Unpack(id, archive, diffId, [.. below.Select(layer => layer.Id).Reverse()], Progress);
            size = applier?.Size ?? 0;
            withoutOwner = applier?.WithoutOwner ?? 0;
        }
        store.Blobs.Adopt(archive, blob);
        return new LayerRecord { Id = id, DiffId = diffId.ToString(), Blob = blob.Hex, BlobSize = new FileInfo(store.Blobs.PathOf(blob)).Length, Size = size.Value };
    }

    private static Digest DiffIdOf(string archive)
    {
        using var content = Compression.Open(archive);
        return Digest.Of(content);
    }

    // Containers may stand on a layer whose image is gone; it is whole then, and stays.
    private long? KnownSize(string id) =>
        store.Layers.Has(id) ? store.All().SelectMany(image => image.Record.Layers).FirstOrDefault(layer => layer.Id == id)?.Size : null;
}
