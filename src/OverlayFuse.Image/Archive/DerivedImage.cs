using System.Globalization;
using System.Text.Json;

namespace OverlayFuse.Image;

/// <summary>Makes an image upon another one: further layers, another configuration.</summary>
public static class DerivedImage
{
    /// <summary>The time as configurations have it.</summary>
    public static string Now() => DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Takes an archive into the store as a layer upon <paramref name="below"/>. Under the lock of the store.</summary>
    /// <param name="archive">A file that may be moved away.</param>
    /// <exception cref="RefusedException">The disk is full, or the archive is broken.</exception>
    public static LayerRecord AddLayer(ImageStore store, string archive, IReadOnlyList<LayerRecord> below)
    {
        try
        {
            if (store.FirstGone(below) is { } gone)
                throw new RefusedException($"the layer {gone.DiffId} is gone: its image was removed meanwhile.");
            return new LayerWriter(store).Store(archive, below, null, null, out _);
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot store the layer: {e.Message}.");
        }
        catch (IOException e)
        {
            throw new RefusedException($"cannot store the layer in {store.State.Root}: {FileErrors.Reason(e)}.");
        }
    }

    /// <summary>An image that is not kept: what a container can be made of, with the id it would have.</summary>
    /// <param name="parent">The configuration it goes on from; null: from nothing.</param>
    /// <param name="layers">All of them, lowest first.</param>
    /// <param name="added">What came to the history.</param>
    public static StoredImage Passing(ImageConfig? parent, IReadOnlyList<LayerRecord> layers, ContainerConfig config, IReadOnlyList<HistoryEntry> added)
    {
        var configuration = Configuration(parent, layers, config, added);
        return new StoredImage(new ImageRecord { Id = Digest.Of(Serialize(configuration)).Hex, Layers = [.. layers], Stored = DateTimeOffset.UtcNow }, configuration, []);
    }

    /// <summary>Keeps one. Under the lock of the store.</summary>
    public static StoredImage Keep(ImageStore store, StoredImage passing) => store.Find(passing.Id) ?? store.Add(Serialize(passing.Config), passing.Record.Layers);

    private static byte[] Serialize(ImageConfig configuration) => JsonSerializer.SerializeToUtf8Bytes(configuration, ImageJson.Default.ImageConfig);

    private static ImageConfig Configuration(ImageConfig? parent, IReadOnlyList<LayerRecord> layers, ContainerConfig config, IReadOnlyList<HistoryEntry> added) => new()
    {
        Architecture = parent?.Architecture ?? ImageLoader.ThisArchitecture,
        Os = parent?.Os ?? "linux",
        Created = added is [.., var last] ? last.Created : parent?.Created,
        Author = added.LastOrDefault(entry => entry.Author is not null)?.Author ?? parent?.Author,
        Comment = added is [.., { Comment: var comment }] ? comment : null,
        Config = config,
        RootFs = new RootFs { DiffIds = [.. layers.Select(layer => layer.DiffId)] },
        History = [.. parent?.History ?? [], .. added],
    };
}
