using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Walks what a union shows, from a directory on; by a stack of its own, since a tree may be deeper than a thread's.</summary>
internal sealed class UnionWalk(LayerView view)
{
    private readonly Stack<(byte[] Path, UnionDirectory Directory)> _waiting = [];
    private readonly InodeMap _inodes = new(new InodeNumbers(), null);

    /// <summary>Takes the path of something that is there, its listing and its place in that.</summary>
    public delegate void Visitor(byte[] path, Listing listing, int index);

    /// <param name="from">The path of a directory, or nothing for the root. What is no directory has nothing in it.</param>
    public Errno Run(byte[] from, Visitor visit)
    {
        var error = UnionPath.Split(from, out var names);
        var directory = new UnionDirectory(view.Layers[0].IsUpper ? view.Layers[0].Root : null, [.. view.Layers.Where(layer => !layer.IsUpper).Select(layer => layer.Root)]);
        foreach (var name in names)
        {
            if (error == Errno.None) error = Descend(directory, name, out directory!);
            if (error != Errno.None || directory is null) return error;
        }
        _waiting.Push((from, directory));
        while (error == Errno.None && _waiting.TryPop(out var place))
        {
            error = Look(place.Path, place.Directory, visit);
            if (error is Errno.NOENT or Errno.NOTDIR) error = Errno.None; // it went away
        }
        return error;
    }

    private Errno Look(byte[] path, UnionDirectory directory, Visitor visit)
    {
        var error = ListingBuilder.Build(directory, _inodes, out var listing);
        for (var i = 0; error == Errno.None && i < listing!.Count; i++)
        {
            var below = UnionPath.Join(path, listing.Name(i).ToArray());
            visit(below, listing, i);
            if (listing.Type(i) != FileType.Directory) continue;
            error = Descend(directory, listing.Name(i).ToArray(), out var child);
            if (child is not null) _waiting.Push((below, child));
        }
        return error;
    }

    private Errno Descend(UnionDirectory directory, byte[] name, out UnionDirectory? child)
    {
        child = null;
        var found = new SearchResult();
        var members = directory.Upper is { } upper ? directory.Lowers.Prepend(upper) : directory.Lowers;
        var error = view.Search.FindIn([.. members], name, found);
        if (error != Errno.None || found.Members is not [var first, ..]) return error;
        child = first.Layer.IsUpper ? new UnionDirectory(first, [.. found.Members[1..]]) : new UnionDirectory(null, [.. found.Members]);
        return Errno.None;
    }
}
