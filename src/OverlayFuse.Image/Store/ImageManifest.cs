using System.Text.Json;

namespace OverlayFuse.Image;

/// <summary>The OCI manifest of an image that is here.</summary>
internal static class ImageManifest
{
    public static byte[] Of(ImageStore store, StoredImage image) => JsonSerializer.SerializeToUtf8Bytes(
        new Manifest
        {
            MediaType = Manifest.ManifestType,
            Config = new Descriptor { MediaType = Manifest.ConfigType, Digest = image.Id, Size = store.Blobs.Read(Digest.FromHex(image.Record.Id)!.Value).Length },
            Layers = [.. image.Record.Layers.Select(layer => new Descriptor { MediaType = MediaType(store, layer), Digest = "sha256:" + layer.Blob, Size = layer.BlobSize })],
        },
        ImageJson.Default.Manifest);

    private static string MediaType(ImageStore store, LayerRecord layer)
    {
        if (layer.DiffId == "sha256:" + layer.Blob) return Manifest.LayerType;
        using var file = Compression.OpenFile(store.Blobs.PathOf(Digest.FromHex(layer.Blob)!.Value));
        return Compression.NameOf(file) is { } name ? $"{Manifest.LayerType}+{name}" : Manifest.LayerType;
    }
}
