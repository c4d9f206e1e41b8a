using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// How many names of a lower file the lower layers do not show: those that a layer above hides, and those outside of the layer. The link
/// count of the file has them all the same, and so has that of its copy, even when the union has lost its last name.
/// </summary>
internal static class HiddenNames
{
    /// <param name="wanted">Inode numbers of the union.</param>
    /// <param name="hidden">Only of files of which the lower layers show a name.</param>
    public static Errno Count(UnionDirectory root, Search search, InodeMap inodes, IReadOnlySet<ulong> wanted, out Dictionary<ulong, int> hidden)
    {
        var counts = new Dictionary<ulong, int>();
        var failed = Errno.None;
        var error = NamesWalk.Run(new UnionDirectory(null, root.Lowers), search, inodes, (directory, listing, i) =>
        {
            var inode = listing.Inode(i);
            if (!wanted.Contains(inode)) return;
            if (!counts.TryGetValue(inode, out var count))
            {
                var asked = LayerProbe.Ask(directory.Lowers[listing.Member(i)], listing.Name(i), isLast: true, out var entry);
                if (asked != Errno.None) failed = asked;
                count = (int)entry.Status.LinkCount;
            }
            counts[inode] = count - 1;
        });
        hidden = counts;
        return error != Errno.None ? error : failed;
    }
}
