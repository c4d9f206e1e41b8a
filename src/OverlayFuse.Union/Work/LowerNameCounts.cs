using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Counts the names of lower files that the lower layers show when the upper hides none.</summary>
internal static class LowerNameCounts
{
    /// <param name="wanted">Inode numbers of the union.</param>
    /// <param name="counts">Only of files of which the lower layers show a name.</param>
    public static Errno Read(UnionDirectory root, Search search, InodeMap inodes, IReadOnlySet<ulong> wanted, out Dictionary<ulong, LowerNameCount> counts)
    {
        var found = new Dictionary<ulong, LowerNameCount>();
        var failed = Errno.None;
        var error = UnionWalk.Run(new UnionDirectory(null, root.Lowers), [], search, inodes, (path, directory, listing, i) =>
        {
            var inode = listing.Inode(i);
            if (listing.Type(i) == FileType.Directory || !wanted.Contains(inode)) return;
            if (!found.TryGetValue(inode, out var count))
            {
                var asked = LayerProbe.Ask(directory.Lowers[listing.Member(i)], listing.Name(i), isLast: true, out var entry);
                if (asked != Errno.None) failed = asked;
                count = new LowerNameCount((int)entry.Status.LinkCount, 0);
            }
            found[inode] = count with { Shown = count.Shown + 1 };
        });
        counts = found;
        return error != Errno.None ? error : failed;
    }
}
