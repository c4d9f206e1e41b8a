using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The layers of a union for those who ask about it: held by a live mount, or opened for the question. It reads them as they are
/// now, takes no lock, and goes nowhere but through layer directories.
/// </summary>
/// <param name="Layers">All, from top to bottom.</param>
/// <param name="Writer">Null where nothing can be written.</param>
/// <param name="HasSharedCopy">Whether a lower object with several names has a copy in the upper that all of them share.</param>
internal sealed record LayerView(IReadOnlyList<Layer> Layers, Search Search, Writer? Writer, Func<Layer, FileStatus, bool> HasSharedCopy)
{
    /// <summary>WORKDIR/overlayfuse/partial, the maps of partial files; not open where it is not at hand.</summary>
    public DirFd Maps { get; init; } = new(-1);

    /// <summary>WORKDIR/overlayfuse/links; not open where it is not at hand.</summary>
    public DirFd Links { get; init; } = new(-1);

    /// <summary>INVAL for what is not a path of a union; NAMETOOLONG.</summary>
    public Errno Explain(ReadOnlySpan<byte> path, out Explanation? explanation)
    {
        explanation = null;
        var error = UnionPath.Split(path, out var names);
        if (error != Errno.None) return error;
        using var survey = new Survey(this);
        explanation = survey.Explain(names);
        return Errno.None;
    }

    /// <summary>ROFS without an upper; else the first error that a layer answers with.</summary>
    public Errno Changes(out List<Change> changes)
    {
        changes = [];
        if (!Layers[0].IsUpper) return Errno.ROFS;
        var error = new ChangeWalk(this, changes).Run();
        var copies = new HashSet<ulong>();
        if (error == Errno.None && Links.IsOpen) error = ReadCopies(copies);
        return error != Errno.None || copies.Count == 0 ? error : AddCopies(copies, changes);
    }

    /// <summary>As <see cref="Changes"/>, of an upper that began as a whole copy of what the lower layers show.</summary>
    public Errno ChangesOfCopy(out List<Change> changes)
    {
        changes = [];
        return Layers[0].IsUpper ? new ChangeWalk(this, changes, isCopy: true).Run() : Errno.ROFS;
    }

    /// <summary>Puts all that is in a moved directory in the place of what was changed in it: as if it had been copied there.</summary>
    public Errno ExpandMoves(List<Change> changes)
    {
        var error = Errno.None;
        foreach (var moved in changes.Where(change => change.Reason == ChangeReason.Moved).ToList())
        {
            byte[] inside = [.. moved.Path, (byte)'/'];
            changes.RemoveAll(change => change.Path.AsSpan().StartsWith(inside));
            if (error == Errno.None) error = Walk(moved.Path, (path, _, _, _) => changes.Add(new Change(ChangeKind.Added, path, ChangeReason.New)));
        }
        changes.Sort((one, other) => PathOrder.Compare(one.Path, other.Path));
        return error;
    }

    // The upper says nothing of names of lower objects that show a copy which lies in the index of hard links alone.
    private Errno AddCopies(HashSet<ulong> copies, List<Change> changes)
    {
        var error = Walk([], (path, _, listing, i) =>
        {
            var shows = listing.Member(i) >= 0 && listing.Type(i) != FileType.Directory && copies.Contains(listing.Inode(i));
            if (shows) changes.Add(new Change(ChangeKind.Modified, path, ChangeReason.Copy, null));
        });
        changes.Sort((one, other) => PathOrder.Compare(one.Path, other.Path));
        return error;
    }

    private Errno Walk(byte[] path, UnionWalk.Visitor visit)
    {
        var root = new UnionDirectory(Layers[0].IsUpper ? Layers[0].Root : null, [.. Layers.Where(layer => !layer.IsUpper).Select(layer => layer.Root)]);
        var error = UnionWalk.Find(root, path, Search, out var directory);
        return error != Errno.None || directory is null ? error : UnionWalk.Run(directory, path, Search, new InodeMap(new InodeNumbers(), null), visit);
    }

    // By a descriptor of its own: others may be reading, too.
    private Errno ReadCopies(HashSet<ulong> copies)
    {
        var error = Syscall.OpenAt(Links, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var links);
        if (error == Errno.None) error = LinkIndex.ReadUnnamed(new DirFd(links.Number), copies);
        links.Close();
        return error;
    }
}
