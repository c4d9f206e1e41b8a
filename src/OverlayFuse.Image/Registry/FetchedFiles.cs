namespace OverlayFuse.Image;

/// <summary>Files that were fetched whole: what nobody took over at the end is removed.</summary>
internal sealed class FetchedFiles : IDisposable
{
    private readonly Lock _lock = new(); // leaf; protects _paths
    private readonly List<string> _paths = [];

    public string Add(string path)
    {
        lock (_lock) _paths.Add(path);
        return path;
    }

    public void Dispose()
    {
        foreach (var path in _paths) File.Delete(path);
    }
}
