using System.Text.Json;

namespace OverlayFuse.Image;

/// <summary>Steps of builds that were done before: image/cache/KEY.json. A record whose layer is gone counts for nothing.</summary>
public sealed class BuildCache(ImageStore store)
{
    private readonly string _directory = Path.Combine(store.State.Image, "cache");

    public CachedStep? Find(Digest key) => Read(PathOf(key)) is { } step && IsWhole(step) ? step : null;

    public void Put(Digest key, CachedStep step)
    {
        Directory.CreateDirectory(_directory);
        AtomicFile.Write(PathOf(key), JsonSerializer.SerializeToUtf8Bytes(step, ImageJson.Default.CachedStep));
    }

    /// <summary>Removes the records whose layers are gone, and those that have to do with none.</summary>
    public void Sweep()
    {
        if (!Directory.Exists(_directory)) return;
        foreach (var path in Directory.GetFiles(_directory)) if (Read(path) is not { } step || !IsWhole(step) || (step.Layer ?? (object?)step.Below) is null) File.Delete(path);
    }

    private bool IsWhole(CachedStep step) => (step.Below is null || store.Layers.Has(step.Below)) && (step.Layer is null || store.IsWhole(step.Layer));

    private string PathOf(Digest key) => Path.Combine(_directory, key.Hex + ".json");

    private static CachedStep? Read(string path)
    {
        try
        {
            return AtomicFile.Read(path) is { } text ? ImageJson.Read(text, ImageJson.Default.CachedStep, "step") : null;
        }
        catch (InvalidDataException)
        {
            return null; // it is made anew
        }
    }
}
