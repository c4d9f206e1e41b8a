using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>A stack that is opened to be looked at: locked like a mount, and nothing recovered, swept or written.</summary>
internal sealed class InspectedUnion : IDisposable
{
    private const int RootsHeldOpen = 256;

    private readonly Undo _undo = new();
    private readonly DescriptorCache _cache = new(RootsHeldOpen * 2);

    private InspectedUnion()
    {
    }

    public Layer Upper { get; private set; } = null!;

    public UnionDirectory Root { get; private set; } = null!;

    public Search Search { get; private set; } = null!;

    public InodeMap Inodes { get; private set; } = null!;

    /// <summary>The upper, open for changes.</summary>
    public DirFd UpperDirectory { get; private set; } = DirFd.None;

    public DirFd Work { get; private set; } = DirFd.None;

    /// <summary>WORKDIR/overlayfuse; not open where no mount of ours has been.</summary>
    public DirFd Own { get; private set; } = DirFd.None;

    /// <summary>WORKDIR/overlayfuse/links.</summary>
    public DirFd Links { get; private set; } = DirFd.None;

    /// <summary>The numbers that the lower layers of this stack have in inode numbers.</summary>
    public IReadOnlySet<int> LayerNumbers { get; private set; } = new HashSet<int>();

    /// <exception cref="Fuse.MountException">A directory is missing, or the upper is mounted.</exception>
    public static InspectedUnion Open(UnionOptions options)
    {
        var union = new InspectedUnion();
        try
        {
            union.Take(options);
            return union;
        }
        catch
        {
            union.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _undo.Dispose();
        _cache.Close();
    }

    private void Take(UnionOptions options)
    {
        var upper = LayerOpener.OpenDirectory("upper directory", options.UpperDirectory!);
        _undo.Add(upper.Close);
        UpperDirectory = upper;
        Work = LayerOpener.OpenDirectory("work directory", options.WorkDirectory!);
        _undo.Add(Work.Close);
        if (OwnDirectory.Open(Work, "overlayfuse"u8, out var own) == Errno.None)
        {
            Own = own;
            _undo.Add(own.Close);
            var held = WorkLock.Take(own, Encoding.UTF8.GetString(options.WorkDirectory!), onWait: null);
            _undo.Add(held.Close);
            if (OwnDirectory.Open(own, "links"u8, out var links) == Errno.None)
            {
                Links = links;
                _undo.Add(links.Close);
            }
        }
        var upperLock = WorkLock.TakeUpper(upper);
        _undo.Add(upperLock.Close);

        var numbers = Own.IsOpen ? Union.LayerNumbers.Read(Own) : new LayerNumbers();
        var opener = new LayerOpener(_cache, numbers, MountInfo.Read(), RootsHeldOpen);
        Upper = opener.OpenUpper(LayerOpener.OpenDirectory("upper directory", options.UpperDirectory!), options.UpperDirectory!);
        _undo.Add(Upper.Root.CloseRoot);
        var lowers = new List<Layer>();
        foreach (var path in options.LowerDirectories.Concat(options.DataDirectories))
        {
            var lower = opener.OpenLower(lowers.Count + 1, path, isDataOnly: lowers.Count >= options.LowerDirectories.Count);
            lowers.Add(lower);
            _undo.Add(lower.Root.CloseRoot);
        }
        LayerNumbers = lowers.Select(layer => layer.Number).ToHashSet();
        Root = new UnionDirectory(Upper.Root, [.. lowers.Where(layer => !layer.IsDataOnly).Select(layer => layer.Root)]);
        Search = new Search(Root, [.. lowers.Where(layer => layer.IsDataOnly).Select(layer => layer.Root)]);
        Inodes = new InodeMap(Own.IsOpen ? InodeNumbers.Read(Own) : new InodeNumbers(), origins: null);
    }
}
