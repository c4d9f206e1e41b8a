using System.Globalization;
using System.Text;
using System.Text.Json;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Writes images into one archive that is both an OCI archive and what "docker load" takes: manifest.json names the same blobs.</summary>
/// <remarks>
/// Made under the lock of the store, and written without it: who reads the archive may wait for that lock himself. Blobs never change, and one that is open
/// can be read to its end though its image be removed meanwhile.
/// </remarks>
public sealed class ImageSaver : IDisposable
{
    private const string NameAnnotation = "org.opencontainers.image.ref.name";
    private const string ContainerdAnnotation = "io.containerd.image.name";

    private readonly IReadOnlyList<(StoredImage Image, IReadOnlyList<ImageReference> Names)> _images;
    private readonly Dictionary<string, byte[]> _manifests = []; // by the id of the image
    private readonly Dictionary<string, FileStream> _blobs = []; // those that are still to be written
    private readonly HashSet<string> _written = [];

    /// <param name="images">Each with the names it shall have.</param>
    /// <exception cref="RefusedException">A blob cannot be opened.</exception>
    public ImageSaver(ImageStore store, IReadOnlyList<(StoredImage Image, IReadOnlyList<ImageReference> Names)> images)
    {
        _images = images;
        try
        {
            foreach (var image in images.Select(pair => pair.Image))
            {
                _manifests[image.Record.Id] = ImageManifest.Of(store, image);
                foreach (var blob in image.Record.Layers.Select(layer => layer.Blob).Append(image.Record.Id))
                {
                    if (!_blobs.ContainsKey(blob)) _blobs[blob] = Compression.OpenFile(store.Blobs.PathOf(Digest.FromHex(blob)!.Value));
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var file in _blobs.Values) file.Dispose();
        _blobs.Clear();
    }

    /// <summary>Once.</summary>
    public void Write(TarWriter archive)
    {
        var index = new Manifest { MediaType = Manifest.IndexType, Manifests = [] };
        var docker = new List<DockerManifest>();
        Directory(archive, "blobs"); // who unpacks it without these makes them as root's, which only root may
        Directory(archive, "blobs/sha256");
        Text(archive, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8);
        foreach (var (image, names) in _images)
        {
            foreach (var layer in image.Record.Layers) Blob(archive, layer.Blob);
            Blob(archive, image.Record.Id);
            Describe(archive, image, names, index.Manifests);
            docker.Add(new DockerManifest
            {
                Config = BlobName(image.Record.Id),
                RepoTags = names.Count == 0 ? null : [.. names.Select(name => name.ToString())],
                Layers = [.. image.Record.Layers.Select(layer => BlobName(layer.Blob))],
            });
        }
        Text(archive, "index.json", JsonSerializer.SerializeToUtf8Bytes(index, ImageJson.Default.Manifest));
        Text(archive, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(docker.ToArray(), ImageJson.Default.DockerManifestArray));
        archive.End();
    }

    private void Describe(TarWriter archive, StoredImage image, IReadOnlyList<ImageReference> names, List<Descriptor> manifests)
    {
        var manifest = _manifests[image.Record.Id];
        var digest = Digest.Of(manifest);
        if (_written.Add(digest.Hex)) Text(archive, BlobName(digest.Hex), manifest);
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

    private void Blob(TarWriter archive, string hex)
    {
        if (!_written.Add(hex) || !_blobs.Remove(hex, out var opened)) return;
        using var file = opened;
        var size = file.Length;
        archive.Begin(Entry(BlobName(hex), size));
        var buffer = new byte[1 << 16];
        for (int count; (count = file.Read(buffer)) > 0;) archive.Content(buffer.AsSpan(0, count));
        archive.EndContent(size);
    }

    private static void Directory(TarWriter archive, string name)
    {
        var entry = Entry(name + "/", 0);
        (entry.Kind, entry.Mode) = (TarKind.Directory, Mode.OwnerAllOthersReadExecute);
        archive.Begin(entry);
    }

    private static void Text(TarWriter archive, string name, ReadOnlySpan<byte> content) => archive.Write(Entry(name, content.Length), content);

    private static string BlobName(string hex) => string.Create(CultureInfo.InvariantCulture, $"blobs/sha256/{hex}");

    private static TarEntry Entry(string name, long size) => new() { Name = Encoding.ASCII.GetBytes(name), Mode = Mode.OwnerReadWriteOthersRead, Size = size, ModifyTime = new Timestamp(0, 0) };
}
