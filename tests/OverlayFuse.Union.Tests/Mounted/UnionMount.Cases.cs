using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

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
        Assert.That(Syscall.Mount("tmpfs"u8, Apart(NameOf(layer)), "tmpfs"u8, MountFlags.None, "mode=755"u8), Is.EqualTo(Errno.None), "tmpfs");
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
        .Select(System.IO.Path.GetFileName).Where(n => n != "whiteout"));

    private byte[] Apart(string layer) => Encoding.UTF8.GetBytes($"{Home}/{layer}");

    private static string NameOf(string layer) => layer == "upper" ? "u" : layer.Replace("lower", "l").Replace("data", "d");

    partial void EndLayers()
    {
        foreach (var layer in _apart) Assert.That(Syscall.Unmount(Apart(layer), UnmountFlags.None), Is.EqualTo(Errno.None), layer);
    }

    partial void EndCalls()
    {
        _calls?.Dispose();
        _calls = null;
    }
}
