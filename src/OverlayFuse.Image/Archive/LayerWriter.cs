namespace OverlayFuse.Image;

/// <summary>Takes one layer archive into the store: checks it, unpacks it upon those below, and keeps it as it came.</summary>
internal sealed class LayerWriter(ImageStore store)
{
    /// <summary>Of all layers that come from one place, which others have made.</summary>
    public UnpackLimit? Limit { get; init; }

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
        if (expectedBlob is { } wanted && wanted != blob) throw new InvalidDataException($"a layer has the digest {blob} instead of {wanted}");
        var diffId = expected ?? DiffIdOf(archive, Limit);
        var id = LayerStore.ChainId(below is [.., var parent] ? parent.Id : null, diffId);
        if (store.Layers.Unpack(id, archive, diffId, [.. below.Select(layer => layer.Id).Reverse()], Limit, Progress) is { } applier) withoutOwner = applier.WithoutOwner;
        else if (expected is not null && blob != diffId) Verify(archive, diffId); // the layer was there: nobody has looked into this archive, which is saved and pushed
        store.Blobs.Adopt(archive, blob);
        return new LayerRecord { Id = id, DiffId = diffId.ToString(), Blob = blob.Hex, BlobSize = new FileInfo(store.Blobs.PathOf(blob)).Length, Size = store.Layers.SizeOf(id) };
    }

    private void Verify(string archive, Digest expected)
    {
        if (DiffIdOf(archive, Limit) is var found && found != expected) throw new InvalidDataException($"a layer has the digest {found} instead of {expected}");
    }

    private static Digest DiffIdOf(string archive, UnpackLimit? limit)
    {
        using var content = new HashingStream(Compression.Open(archive));
        var entries = new TarReader(content, limit);
        while (entries.Next() is not null)
        {
            // What makes no sense is told before anything is unpacked.
        }
        content.ReadRest();
        return content.Finish();
    }
}
