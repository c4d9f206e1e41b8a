using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Goes through all that a union shows beneath a directory; by a stack of its own, since a tree may be deeper than a thread's.</summary>
internal static class UnionWalk
{
    /// <summary>Takes the path of something that is there, the directory that has it, the listing of that and the place in it.</summary>
    public delegate void Visitor(byte[] path, UnionDirectory directory, Listing listing, int index);

    /// <param name="path">Of the directory; nothing for the root.</param>
    /// <param name="passesUnreadable">Goes on past directories that are not for us to read.</param>
    public static Errno Run(UnionDirectory directory, byte[] path, Search search, InodeMap inodes, Visitor visit, bool passesUnreadable = false)
    {
        var waiting = new Stack<(byte[] Path, UnionDirectory Directory)>();
        waiting.Push((path, directory));
        var found = new SearchResult();
        while (waiting.TryPop(out var place))
        {
            var error = ListingBuilder.Build(place.Directory, inodes, out var listing);
            if (!MayPass(error)) return error;
            for (var i = 0; error == Errno.None && i < listing!.Count; i++)
            {
                var below = UnionPath.Join(place.Path, listing.Name(i));
                visit(below, place.Directory, listing, i);
                if (listing.Type(i) != FileType.Directory) continue;
                var failed = search.Find(place.Directory, listing.Name(i), found);
                if (!MayPass(failed)) return failed;
                if (failed == Errno.None && found.Members.Count > 0) waiting.Push((below, StackOf(found)));
            }
        }
        return Errno.None;

        // What went away meanwhile is not there.
        bool MayPass(Errno error) => error is Errno.None or Errno.NOENT or Errno.NOTDIR || (passesUnreadable && error == Errno.ACCES);
    }

    /// <summary>The directory of a path; null for what is not a directory.</summary>
    public static Errno Find(UnionDirectory root, byte[] path, Search search, out UnionDirectory? directory)
    {
        directory = root;
        var error = UnionPath.Split(path, out var names);
        var found = new SearchResult();
        foreach (var name in names)
        {
            if (error != Errno.None || directory is null) break;
            error = search.Find(directory, name, found);
            directory = error == Errno.None && found.Members.Count > 0 ? StackOf(found) : null;
        }
        return error;
    }

    private static UnionDirectory StackOf(SearchResult found) => found.Members[0].Layer.IsUpper
        ? new UnionDirectory(found.Members[0], [.. found.Members[1..]])
        : new UnionDirectory(null, [.. found.Members]);
}
