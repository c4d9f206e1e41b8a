using System.Runtime.InteropServices;

namespace OverlayFuse.Image;

/// <summary>Takes in images: archives of "docker save", OCI archives, OCI layouts.</summary>
public sealed class ImageLoader(ImageStore store)
{
    private const int LargestDocument = 8 << 20;
    private const int DeepestIndex = 4;
    private const string NameAnnotation = "org.opencontainers.image.ref.name";

    /// <summary>Reports bytes of the layer that is unpacked.</summary>
    public IProgress<long>? Progress { get; init; }

    /// <summary>Entries of all layers that could not be given their owner.</summary>
    public int WithoutOwner { get; private set; }

    /// <summary>What was loaded, with the names that the archive gives.</summary>
    /// <param name="path">An archive or a directory.</param>
    /// <exception cref="RefusedException">It is no image, it is broken, or the disk is full.</exception>
    public List<(StoredImage Image, ImageReference? Name)> Load(string path)
    {
        using var held = store.Lock();
        try
        {
            using var contents = ArchiveContents.Open(store.State, path);
            var loaded = new List<(StoredImage, ImageReference?)>();
            if (contents.Has("manifest.json")) LoadDocker(contents, loaded);
            else if (contents.Has("index.json")) LoadIndex(contents, contents.Read("index.json", LargestDocument), null, DeepestIndex, loaded);
            else throw new InvalidDataException("it has neither manifest.json nor index.json, so it is not an image. Use import for a root file system");
            return loaded;
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot load {path}: {e.Message}.");
        }
        catch (IOException e) when (e is not FileNotFoundException)
        {
            throw new RefusedException($"cannot load {path} into {store.State.Root}: {FileErrors.Reason(e)}.");
        }
    }

    private void LoadDocker(ArchiveContents contents, List<(StoredImage, ImageReference?)> loaded)
    {
        foreach (var manifest in ImageJson.ReadForeign(contents.Read("manifest.json", LargestDocument), ImageJson.Default.DockerManifestArray, "manifest.json"))
        {
            var image = Store(contents, contents.Read(manifest.Config, LargestDocument), manifest.Layers, null);
            foreach (var name in manifest.RepoTags ?? []) Name(image, name, loaded);
            if (manifest.RepoTags is null or []) loaded.Add((image, null));
        }
    }

    private void LoadIndex(ArchiveContents contents, byte[] text, string? name, int depth, List<(StoredImage, ImageReference?)> loaded)
    {
        var document = ImageJson.ReadForeign(text, ImageJson.Default.Manifest, "index");
        if (document.Manifests is { } choices)
        {
            if (depth == 0) throw new InvalidDataException("its indexes are nested too deeply");
            foreach (var choice in name is null && depth == DeepestIndex ? choices : [Choose(choices)])
                LoadIndex(contents, Blob(contents, choice), choice.Annotations?.GetValueOrDefault(NameAnnotation) ?? name, depth - 1, loaded);
            return;
        }
        if (document is not { Config: { } config, Layers: { } layers }) throw new InvalidDataException("a manifest lacks its configuration or its layers");
        var image = Store(contents, Blob(contents, config), [.. layers.Select(BlobName)], layers);
        if (name is null) loaded.Add((image, null));
        else Name(image, name, loaded);
    }

    private void Name(StoredImage image, string name, List<(StoredImage, ImageReference?)> loaded)
    {
        var reference = ImageReference.TryParse(name) ?? throw new InvalidDataException($"it calls an image \"{name}\", which is not a valid name");
        store.Tag(image, reference);
        loaded.Add((image, reference));
    }

    private StoredImage Store(ArchiveContents contents, byte[] text, List<string> layers, List<Descriptor>? descriptors)
    {
        var config = ImageJson.ReadForeign(text, ImageJson.Default.ImageConfig, "configuration");
        if (config.RootFs.DiffIds.Count != layers.Count) throw new InvalidDataException($"an image has {layers.Count} layers, but its configuration lists {config.RootFs.DiffIds.Count}");
        var records = new List<LayerRecord>();
        for (var i = 0; i < layers.Count; i++)
        {
            var expected = Digest.TryParse(config.RootFs.DiffIds[i]) ?? throw new InvalidDataException($"\"{config.RootFs.DiffIds[i]}\" is not a digest of a known kind");
            var file = contents.Take(layers[i]);
            var blob = descriptors is null ? null : Digest.TryParse(descriptors[i].Digest);
            records.Add(new LayerWriter(store) { Limit = contents.Limit, Progress = Progress }.Store(file, records, expected, blob, out var withoutOwner));
            WithoutOwner += withoutOwner;
        }
        return store.Add(text, records);
    }

    private static byte[] Blob(ArchiveContents contents, Descriptor descriptor)
    {
        var content = contents.Read(BlobName(descriptor), LargestDocument);
        return Digest.Of(content).ToString() == descriptor.Digest ? content : throw new InvalidDataException($"its file {BlobName(descriptor)} does not have the digest that its name says");
    }

    private static string BlobName(Descriptor descriptor)
    {
        var digest = Digest.TryParse(descriptor.Digest) ?? throw new InvalidDataException($"\"{descriptor.Digest}\" is not a digest of a known kind");
        return $"blobs/sha256/{digest.Hex}";
    }

    /// <summary>Of images for several machines the one for this.</summary>
    internal static Descriptor Choose(List<Descriptor> choices)
    {
        var architecture = ThisArchitecture;
        return choices.Find(choice => choice.Platform is { Os: "linux" } platform && platform.Architecture == architecture)
            ?? choices.Find(choice => choice.Platform is null)
            ?? throw new InvalidDataException($"it has no image for linux/{architecture}");
    }

    /// <summary>The architecture under the name that images have for it.</summary>
    internal static string ThisArchitecture => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "amd64" : RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
}
