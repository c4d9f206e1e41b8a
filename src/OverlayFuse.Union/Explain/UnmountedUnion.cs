using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Layers that are opened to be asked, not mounted. Nothing is written, not even to the work directory.</summary>
/// <remarks>
/// What only the work directory knows is not seen: copies that several names of a lower file share. And the upper is taken to carry
/// marks, which is tried out at mount only.
/// </remarks>
public sealed class UnmountedUnion : IDisposable
{
    private const int OpenDirectories = 512;

    private readonly List<Layer> _layers = [];
    private readonly DescriptorCache _cache = new(OpenDirectories);
    private readonly LayerView _view;
    private DirFd _own = new(-1); // WORKDIR/overlayfuse
    private DirFd _links = new(-1);
    private DirFd _maps = new(-1);

    /// <param name="work">The work directory of the upper, which has copies of files with several names; null: not at hand.</param>
    /// <exception cref="MountException">A layer cannot be opened.</exception>
    public UnmountedUnion(IEnumerable<byte[]> lowers, IEnumerable<byte[]> dataOnly, byte[]? upper, byte[]? work, bool readOnly)
    {
        using var numbers = work is null || !OpenWork(work, out var own) ? new LayerNumbers() : LayerNumbers.Read(own);
        var opener = new LayerOpener(_cache, numbers, MountInfo.Read(), OpenDirectories / 2);
        try
        {
            if (upper is not null && !readOnly) _layers.Add(opener.OpenUpper(LayerOpener.OpenDirectory("upper directory", upper), upper));
            foreach (var lower in upper is not null && readOnly ? lowers.Prepend(upper) : lowers) _layers.Add(opener.OpenLower(_layers.Count + (HasUpper ? 0 : 1), lower));
            foreach (var data in dataOnly) _layers.Add(opener.OpenLower(_layers.Count + (HasUpper ? 0 : 1), data, isDataOnly: true));
        }
        catch
        {
            Dispose();
            throw;
        }
        var roots = _layers.Where(layer => layer is { IsUpper: false, IsDataOnly: false }).Select(layer => layer.Root).ToArray();
        var dataRoots = _layers.Where(layer => layer.IsDataOnly).Select(layer => layer.Root).ToArray();
        var writer = HasUpper ? new Writer(Credentials.OfThisProcess(_layers[0].Overrides), CanMetacopy: true) : null;
        _view = new LayerView([.. _layers.Where(layer => !layer.IsDataOnly)], new Search(new UnionDirectory(HasUpper ? _layers[0].Root : null, roots), dataRoots), writer,
            HasSharedCopy)
        {
            Links = _links,
            Maps = _maps,
        };
    }

    private bool HasUpper => _layers is [{ IsUpper: true }, ..];

    /// <summary>INVAL for a path with "..".</summary>
    public Errno Explain(ReadOnlySpan<byte> path, out Explanation? explanation) => _view.Explain(path, out explanation);

    /// <summary>ROFS without an upper.</summary>
    public Errno Changes(out List<Change> changes) => _view.Changes(out changes);

    /// <summary>Puts all that is in a moved directory in the place of what was changed in it: as if it had been copied there.</summary>
    public Errno ExpandMoves(List<Change> changes) => _view.ExpandMoves(changes);

    /// <summary>What differs in an upper that began as a whole copy of the lower layers; ROFS without an upper.</summary>
    public Errno ChangesOfCopy(out List<Change> changes) => _view.ChangesOfCopy(out changes);

    public void Dispose()
    {
        _cache.Close();
        foreach (var layer in _layers) layer.Root.CloseRoot();
        _maps.Close();
        _links.Close();
        _own.Close();
    }

    private bool OpenWork(byte[] work, out DirFd own)
    {
        own = new DirFd(-1);
        if (Syscall.OpenAt(DirFd.Cwd, [.. work, .. "/overlayfuse"u8], OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var opened) != Errno.None) return false;
        own = _own = new DirFd(opened.Number);
        _links = OpenIn(own, "links"u8);
        _maps = OpenIn(own, "partial"u8);
        return true;
    }

    private static DirFd OpenIn(DirFd own, ReadOnlySpan<byte> name) =>
        new(Syscall.OpenAt(own, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var opened) == Errno.None ? opened.Number : -1);

    private bool HasSharedCopy(Layer layer, FileStatus status)
    {
        Span<byte> buffer = stackalloc byte[LinkIndex.NameSize];
        return _links.IsOpen && !InodeMap.IsForeign(layer, status.Device) && Syscall.StatAt(_links, buffer[..LinkIndex.NameOf(layer.Number, status.Inode, buffer)], cached: false, out _) == Errno.None;
    }
}
