using System.Globalization;
using System.Text;
using System.Text.Json;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Writes images into one archive that is both an OCI archive and what "docker load" takes: manifest.json names the same blobs.</summary>
public sealed class ImageSaver(ImageStore store, TarWriter archive)
{
    private const string NameAnnotation = "org.opencontainers.image.ref.name";
    private const string ContainerdAnnotation = "io.containerd.image.name";

    private readonly HashSet<string> _written = [];

    /// <summary>Each image with the names it shall have.</summary>
    public void Save(IReadOnlyList<(StoredImage Image, IReadOnlyList<ImageReference> Names)> images)
    {
        var index = new Manifest { MediaType = Manifest.IndexType, Manifests = [] };
        var docker = new List<DockerManifest>();
        Directory("blobs"); // who unpacks it without these makes them as root's, which only root may
        Directory("blobs/sha256");
        Text("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8);
        foreach (var (image, names) in images)
        {
            foreach (var layer in image.Record.Layers) Blob(layer.Blob);
            Blob(image.Record.Id);
            Describe(image, names, index.Manifests);
            docker.Add(new DockerManifest
            {
                Config = BlobName(image.Record.Id),
                RepoTags = names.Count == 0 ? null : [.. names.Select(name => name.ToString())],
                Layers = [.. image.Record.Layers.Select(layer => BlobName(layer.Blob))],
            });
        }
        Text("index.json", JsonSerializer.SerializeToUtf8Bytes(index, ImageJson.Default.Manifest));
        Text("manifest.json", JsonSerializer.SerializeToUtf8Bytes(docker.ToArray(), ImageJson.Default.DockerManifestArray));
        archive.End();
    }

    private void Describe(StoredImage image, IReadOnlyList<ImageReference> names, List<Descriptor> manifests)
    {
        var manifest = ImageManifest.Of(store, image);
        var digest = Digest.Of(manifest);
        if (_written.Add(digest.Hex)) Text(BlobName(digest.Hex), manifest);
        foreach (var name in names.Count == 0 ? [null] : names.AsEnumerable<ImageReference?>())
        {
            manifests.Add(new Descriptor
            {
                MediaType = Manifest.ManifestType,
                Digest = digest.ToString(),
                Size = manifest.Length,
                Annotations = name is null ? null : new() { [NameAnnotation] = name.ToString(), [ContainerdAnnotation] = name.ToString() },
            });
        }
    }

    private void Blob(string hex)
    {
        if (!_written.Add(hex)) return;
        using var file = Compression.OpenFile(store.Blobs.PathOf(Digest.FromHex(hex)!.Value));
        var size = file.Length;
        archive.Begin(Entry(BlobName(hex), size));
        var buffer = new byte[1 << 16];
        for (int count; (count = file.Read(buffer)) > 0;) archive.Content(buffer.AsSpan(0, count));
        archive.EndContent(size);
    }

    private void Directory(string name)
    {
        var entry = Entry(name + "/", 0);
        (entry.Kind, entry.Mode) = (TarKind.Directory, Mode.OwnerAllOthersReadExecute);
        archive.Begin(entry);
    }

    private void Text(string name, ReadOnlySpan<byte> content) => archive.Write(Entry(name, content.Length), content);

    private static string BlobName(string hex) => string.Create(CultureInfo.InvariantCulture, $"blobs/sha256/{hex}");

    private static TarEntry Entry(string name, long size) => new() { Name = Encoding.ASCII.GetBytes(name), Mode = Mode.OwnerReadWriteOthersRead, Size = size, ModifyTime = new Timestamp(0, 0) };
}
