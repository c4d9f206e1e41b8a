using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Finds the changes that the upper says nothing of: names of lower objects that show a copy which lies in the index of hard links alone. Walks the whole
/// union, and only where there are such copies.
/// </summary>
/// <param name="copies">What they show as inode numbers.</param>
internal sealed class SharedCopyWalk(LayerView view, HashSet<ulong> copies, List<Change> changes)
{
    private readonly Stack<(byte[] Path, UnionDirectory Directory)> _waiting = [];
    private readonly InodeMap _inodes = new(new InodeNumbers(), null);

    public Errno Run()
    {
        _waiting.Push(([], new UnionDirectory(view.Layers[0].Root, [.. view.Layers.Skip(1).Select(layer => layer.Root)])));
        var error = Errno.None;
        while (error == Errno.None && _waiting.TryPop(out var visit))
        {
            error = Look(visit.Path, visit.Directory);
            if (error is Errno.NOENT or Errno.NOTDIR) error = Errno.None; // it went away
        }
        if (error == Errno.None) changes.Sort((one, other) => Compare(one.Path, other.Path));
        return error;
    }

    private Errno Look(byte[] path, UnionDirectory directory)
    {
        var error = ListingBuilder.Build(directory, _inodes, out var listing);
        for (var i = 0; error == Errno.None && i < listing!.Count; i++)
        {
            var name = listing.Name(i).ToArray();
            if (listing.Type(i) == FileType.Directory) error = Descend(path, directory, name);
            else if (listing.Member(i) >= 0 && copies.Contains(listing.Inode(i))) changes.Add(new Change(ChangeKind.Modified, UnionPath.Join(path, name), ChangeReason.Copy, null));
        }
        return error;
    }

    private Errno Descend(byte[] path, UnionDirectory directory, byte[] name)
    {
        var found = new SearchResult();
        var members = directory.Upper is { } upper ? directory.Lowers.Prepend(upper) : directory.Lowers;
        var error = view.Search.FindIn([.. members], name, found);
        if (error != Errno.None || found.Members is not [var first, ..]) return error;
        var child = first.Layer.IsUpper ? new UnionDirectory(first, [.. found.Members[1..]]) : new UnionDirectory(null, [.. found.Members]);
        _waiting.Push((UnionPath.Join(path, name), child));
        return Errno.None;
    }

    // As a walk would come by: what is in a directory before what stands beside it.
    private static int Compare(byte[] one, byte[] other)
    {
        var same = one.AsSpan().CommonPrefixLength(other);
        return RankAt(one, same) - RankAt(other, same);
    }

    private static int RankAt(byte[] path, int at) => at == path.Length ? -1 : path[at] == (byte)'/' ? 0 : path[at] + 1;
}
