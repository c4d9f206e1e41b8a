namespace OverlayFuse.Union.Tests;

// As what a case runs on.
internal sealed partial class UnionMount : IUnion
{
    private readonly List<string> _apart = [];
    private SystemCalls? _calls;

    public string Upper => Home + "/u";

    public IActor Actor => _calls ??= new SystemCalls(Root);

    public void PutApart(string layer)
    {
        _apart.Add(NameOf(layer));
        Run($"mount -t tmpfs tmpfs {NameOf(layer)} && chmod 755 {NameOf(layer)}");
    }

    public void Make(string layer, string text) => LayerText.Make($"{Home}/{NameOf(layer)}", text, IsRoot ? MarkFamily.Trusted : MarkFamily.User);

    void IUnion.Mount()
    {
        _lowersBefore = ""; // the case compares the layers itself
        Mount();
    }

    public void Forget()
    {
    }

    string IUnion.Lowers() => string.Join('\n', LayerNames.SelectMany(l => LayerText.Snapshot($"{Home}/{l}")));

    public string Leftovers() => _isKernel ? "" : string.Join(' ', Directory.GetFileSystemEntries($"{Home}/w/overlayfuse/temp").Concat(Directory.GetFileSystemEntries($"{Home}/w/overlayfuse/orphans"))
        .Select(Path.GetFileName).Where(n => n != "whiteout"));

    private static string NameOf(string layer) => layer == "upper" ? "u" : layer.Replace("lower", "l").Replace("data", "d");

    partial void EndLayers()
    {
        foreach (var layer in _apart) Run($"umount {layer}");
    }

    partial void EndCalls()
    {
        _calls?.Dispose();
        _calls = null;
    }
}
