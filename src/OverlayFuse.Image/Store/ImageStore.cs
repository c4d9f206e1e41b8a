using System.Text.Json;

namespace OverlayFuse.Image;

/// <summary>The images that are here: image/images/ID.json, image/references.json, and what they name in blobs and overlay2.</summary>
/// <remarks>An image exists once its record does, which is written last and removed first. Whoever changes something holds <see cref="Lock"/>.</remarks>
public sealed class ImageStore(StateDirectory state)
{
    private const int ShortestPrefix = 2;

    private readonly string _records = Path.Combine(state.Image, "images");
    private readonly string _references = Path.Combine(state.Image, "references.json");

    public BlobStore Blobs { get; } = new(state);

    public LayerStore Layers { get; } = new(state);

    public StateDirectory State => state;

    /// <summary>Taken before any lock of a container.</summary>
    public StateLock Lock() => StateLock.Take(Path.Combine(state.Image, "lock"));

    public List<StoredImage> All()
    {
        if (!Directory.Exists(_records)) return [];
        var references = References();
        return [.. Directory.EnumerateFiles(_records, "*.json").Select(path => ReadRecord(path)).OfType<ImageRecord>().Select(record => Open(record, references))];
    }

    /// <summary>By name, by id, or by the first digits of an id; null where there is none.</summary>
    /// <exception cref="RefusedException">The digits fit several.</exception>
    public StoredImage? Find(string name)
    {
        var references = References();
        if (ImageReference.TryParsePinned(name) is { } reference && references.TryGetValue(reference.ToString(), out var id)) return Open(id, references);
        var digits = name.StartsWith("sha256:", StringComparison.Ordinal) ? name[7..] : name;
        if (digits.Length < ShortestPrefix || digits.Any(c => !char.IsAsciiHexDigitLower(c)) || !Directory.Exists(_records)) return null;
        var found = Directory.EnumerateFiles(_records, digits + "*.json").Take(2).ToList();
        if (found.Count > 1) throw new RefusedException($"\"{name}\" matches several images. Give more digits of the id.");
        return found is [var only] && ReadRecord(only) is { } record ? Open(record, references) : null;
    }

    /// <summary>Whether a name, or the first digits of an id, leads to the image of that id. Only the list of names is read.</summary>
    public bool IsName(string name, string id) => ImageReference.TryParsePinned(name) is { } reference && References().TryGetValue(reference.ToString(), out var named)
        ? "sha256:" + named == id
        : id.StartsWith(name.StartsWith("sha256:", StringComparison.Ordinal) ? name : "sha256:" + name, StringComparison.Ordinal);

    /// <exception cref="RefusedException">There is none.</exception>
    public StoredImage Get(string name) => Find(name) ?? throw new RefusedException($"No such image: {name}");

    /// <summary>Makes an image of layers that are unpacked. Its id is the digest of <paramref name="config"/>.</summary>
    public StoredImage Add(byte[] config, IReadOnlyList<LayerRecord> layers)
    {
        var id = Blobs.Put(config).Hex;
        var path = Path.Combine(_records, id + ".json");
        if (ReadRecord(path) is not { } present || FirstGone(present.Layers) is not null) // or one that has lost an archive, and has it again
        {
            Directory.CreateDirectory(_records);
            var record = new ImageRecord { Id = id, Layers = [.. layers], Stored = DateTimeOffset.UtcNow };
            AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(record, ImageJson.Default.ImageRecord));
        }
        return Open(id, References()) ?? throw new RefusedException($"the record of image {id} was removed while it was written.");
    }

    /// <summary>Whether an image can be made of a layer: it is here, and so is the archive it came as. That goes with the last image, also where a container keeps the layer.</summary>
    public bool IsWhole(LayerRecord layer) => Layers.Has(layer.Id) && Digest.FromHex(layer.Blob) is { } blob && Blobs.Has(blob);

    /// <summary>The first that is not; who asks without the lock asks again under it.</summary>
    public LayerRecord? FirstGone(IEnumerable<LayerRecord> layers) => layers.FirstOrDefault(layer => !IsWhole(layer));

    /// <summary>Gives an image names, which others may have had.</summary>
    public void Tag(StoredImage image, params IEnumerable<ImageReference> names)
    {
        var references = References();
        foreach (var name in names) references[name.ToString()] = image.Record.Id;
        WriteReferences(references);
    }

    public void Untag(params IEnumerable<ImageReference> names)
    {
        var references = References();
        foreach (var name in names) references.Remove(name.ToString());
        WriteReferences(references);
    }

    /// <summary>Removes an image with all its names, and what no other image needs.</summary>
    /// <param name="isLayerUsed">Whether a container stands on a layer.</param>
    /// <returns>The bytes of the layers that went.</returns>
    public long Remove(StoredImage image, Func<string, bool> isLayerUsed)
    {
        var references = References();
        foreach (var reference in image.References) references.Remove(reference.ToString());
        if (image.References.Count > 0) WriteReferences(references); // for one without a name nothing has to be written: the disk may be full
        File.Delete(Path.Combine(_records, image.Record.Id + ".json"));
        return Sweep(image, isLayerUsed);
    }

    private long Sweep(StoredImage image, Func<string, bool> isLayerUsed)
    {
        var others = All();
        var layers = others.SelectMany(other => other.Record.Layers).ToList();
        var keptLayers = layers.Select(layer => layer.Id).ToHashSet();
        var keptBlobs = layers.Select(layer => layer.Blob).Concat(others.Select(other => other.Record.Id)).ToHashSet();
        var removed = 0L;
        foreach (var layer in Enumerable.Reverse(image.Record.Layers)) // topmost first: it names those below
        {
            if (keptLayers.Contains(layer.Id) || isLayerUsed(layer.Id)) continue;
            Layers.Remove(layer.Id);
            removed += layer.Size;
        }
        foreach (var blob in image.Record.Layers.Select(layer => layer.Blob).Append(image.Record.Id))
        {
            if (!keptBlobs.Contains(blob) && Digest.FromHex(blob) is { } digest) Blobs.Remove(digest);
        }
        return removed;
    }

    /// <summary>Held by a build: layers are then there that no image has yet. One at a time; others wait.</summary>
    public StateLock LockBuilds() => StateLock.Take(BuildLock);

    /// <summary>The same; null while there is a build.</summary>
    public StateLock? TryLockBuilds() => StateLock.TryTake(BuildLock);

    /// <summary>Removes layers and blobs that belong to no image and no container, as steps of builds and killed commands leave them.</summary>
    public void SweepUnused(Func<string, bool> isLayerUsed)
    {
        using var idle = TryLockBuilds();
        if (idle is null) return;
        var images = All();
        var layers = images.SelectMany(image => image.Record.Layers).ToList();
        var keptLayers = layers.Select(layer => layer.Id).ToHashSet();
        var keptBlobs = layers.Select(layer => layer.Blob).Concat(images.Select(image => image.Record.Id)).ToHashSet();
        foreach (var layer in Layers.All().Where(layer => !keptLayers.Contains(layer) && !isLayerUsed(layer))) Layers.Remove(layer);
        foreach (var blob in Blobs.All().Where(blob => !keptBlobs.Contains(blob.Hex)).ToList()) Blobs.Remove(blob);
        new BuildCache(this).Sweep();
    }

    private string BuildLock => Path.Combine(state.Image, "build.lock");

    private SortedDictionary<string, string> References() =>
        AtomicFile.Read(_references) is { } text ? Damaged(_references, () => ImageJson.Read(text, ImageJson.Default.SortedDictionaryStringString, "list of names")) : [];

    private void WriteReferences(SortedDictionary<string, string> references) =>
        AtomicFile.Write(_references, JsonSerializer.SerializeToUtf8Bytes(references, ImageJson.Default.SortedDictionaryStringString));

    private StoredImage? Open(string id, SortedDictionary<string, string> references) =>
        ReadRecord(Path.Combine(_records, id + ".json")) is { } record ? Open(record, references) : null;

    private StoredImage Open(ImageRecord record, SortedDictionary<string, string> references)
    {
        var path = Blobs.PathOf(Digest.FromHex(record.Id) ?? throw new RefusedException($"the record of image {record.Id} is damaged."));
        var config = Damaged(path, () => ImageJson.Read(AtomicFile.Read(path) ?? [], ImageJson.Default.ImageConfig, "configuration"));
        return new StoredImage(record, config, [.. references.Where(pair => pair.Value == record.Id).Select(pair => ImageReference.TryParsePinned(pair.Key)).OfType<ImageReference>()]);
    }

    private static ImageRecord? ReadRecord(string path) =>
        AtomicFile.Read(path) is { } text ? Damaged(path, () => ImageJson.Read(text, ImageJson.Default.ImageRecord, "record")) : null;

    private static T Damaged<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"{path} is damaged: {e.Message}. Remove it, and load the image again.");
        }
    }
}
