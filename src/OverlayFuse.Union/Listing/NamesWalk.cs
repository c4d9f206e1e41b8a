using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Goes through all that a union shows and is no directory.</summary>
internal static class NamesWalk
{
    public static Errno Run(UnionDirectory root, Search search, InodeMap inodes, Action<UnionDirectory, Listing, int> take)
    {
        var waiting = new Stack<UnionDirectory>();
        waiting.Push(root);
        var found = new SearchResult();
        while (waiting.TryPop(out var directory))
        {
            var error = ListingBuilder.Build(directory, inodes, out var listing);
            for (var i = 0; error == Errno.None && i < listing!.Count; i++)
            {
                if (listing.Type(i) != FileType.Directory)
                {
                    take(directory, listing, i);
                    continue;
                }
                error = search.Find(directory, listing.Name(i), found);
                if (error == Errno.None && found.Members.Count > 0) waiting.Push(StackOf(found));
            }
            if (error != Errno.None) return error;
        }
        return Errno.None;
    }

    private static UnionDirectory StackOf(SearchResult found) => found.Members[0].Layer.IsUpper
        ? new UnionDirectory(found.Members[0], [.. found.Members[1..]])
        : new UnionDirectory(null, [.. found.Members]);
}
