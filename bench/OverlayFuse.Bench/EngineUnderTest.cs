using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Bench;

/// <summary>A union over directories of its own, opened and not mounted, and asked as the kernel would.</summary>
/// <remarks>On a disk, as layers are, and not in memory: OVERLAYFUSE_BENCH_SCRATCH says where, /var/tmp by default.</remarks>
internal sealed class EngineUnderTest : IDisposable
{
    private readonly int _lowers;
    private readonly Action<UnionOptions>? _wish;

    public EngineUnderTest(int lowers, Action<UnionOptions>? wish = null)
    {
        (_lowers, _wish) = (lowers, wish);
        var above = Environment.GetEnvironmentVariable("OVERLAYFUSE_BENCH_SCRATCH") is { Length: > 0 } given ? given : "/var/tmp";
        Home = Directory.CreateDirectory($"{above}/overlayfuse-bench-{Guid.NewGuid():n}").FullName;
        for (var i = 1; i <= lowers; i++) Directory.CreateDirectory(Lower(i));
    }

    public string Home { get; }

    public UnionFileSystem Union { get; private set; } = null!;

    /// <summary>The directory of a lower layer; 1 is the topmost.</summary>
    public string Lower(int number) => $"{Home}/lower{number}";

    /// <summary>Opens the union on an empty upper.</summary>
    public EngineUnderTest Open()
    {
        Close();
        foreach (var side in (string[])["upper", "work"])
        {
            if (Directory.Exists($"{Home}/{side}")) Directory.Delete($"{Home}/{side}", recursive: true);
            Directory.CreateDirectory($"{Home}/{side}");
        }
        var options = new UnionOptions
        {
            MountPoint = [],
            Data = DataMode.Cached,
            UpperDirectory = Encoding.UTF8.GetBytes($"{Home}/upper"),
            WorkDirectory = Encoding.UTF8.GetBytes($"{Home}/work"),
        };
        for (var i = 1; i <= _lowers; i++) options.LowerDirectories.Add(Encoding.UTF8.GetBytes(Lower(i)));
        _wish?.Invoke(options);
        Union = UnionFileSystem.Open(options);
        Union.Use();
        return this;
    }

    /// <summary>Looks a path up, as the kernel does: name by name. Nobody forgets what was found.</summary>
    public NodeId Find(string path)
    {
        var at = NodeId.Root;
        foreach (var name in path.Split('/'))
        {
            Expect(Union.Lookup(default, at, Encoding.UTF8.GetBytes(name), out var entry));
            if (entry.Node == NodeId.None) throw new FileNotFoundException(path);
            at = entry.Node;
        }
        return at;
    }

    public static void Expect(Errno error)
    {
        if (error != Errno.None) throw new IOException(error.Describe());
    }

    public void Dispose()
    {
        Close();
        Directory.Delete(Home, recursive: true);
    }

    private void Close() => Union?.Dispose();
}
