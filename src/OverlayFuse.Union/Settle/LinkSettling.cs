using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Gives every name of a copied-up file with several names its link in the upper, so that the index is no longer needed: names that
/// were never looked up are found by the inode number that a listing of the union shows for them.
/// </summary>
/// <param name="kernelIndex">Inodes of the upper that have a link in the index of kernel overlayfs too.</param>
internal sealed class LinkSettling(Tree tree, CopyUp copyUp, Filling filling, HashSet<ulong> kernelIndex, SettleReport report, IProgress<SettleReport>? progress)
{
    private readonly HashSet<ulong> _expected = [];
    private bool _hasFailed;

    private Upper Upper => tree.Upper!;

    /// <summary>Links the names that are missing; the whole union is walked only where some are.</summary>
    public Errno Run()
    {
        var error = ReadIndex((name, key, status, missing) =>
        {
            if (missing > 0) _expected.Add(key.Number);
        });
        if (error != Errno.None || _expected.Count == 0) return error;

        var waiting = new Stack<int>();
        waiting.Push(NodeTable.Root);
        while (waiting.TryPop(out var slot))
        {
            error = LinkIn(slot, waiting);
            if (error != Errno.None) Fail(slot, [], error);
            tree.Nodes.Forget(slot, 1);
        }
        return Errno.None;
    }

    /// <summary>Takes files out of the index that have all their names in the upper. The mark that counted the others goes later.</summary>
    public Errno Release()
    {
        var counts = CountNamesOfTheLost(out var failed);
        return failed != Errno.None ? failed : ReadIndex((name, key, status, missing) =>
        {
            // Without a name in the upper the index holds the only link: where the names are gone by the count, nobody misses it.
            var isLost = IsLost(status, missing) && (!counts.TryGetValue(key.Number, out var count) || count.Hidden != missing);
            if (missing > 0 && (_hasFailed || isLost))
            {
                report.Add([.. "/overlayfuse/links/"u8, .. name], SettleSentences.NamesNotFound(missing));
                return;
            }
            if (kernelIndex.Contains(status.Inode)) _ = Upper.SetNlink(Upper.Work.Links, name, Upper.NlinkDifference(Upper.Work.Links, name) + 1); // one link less
            Upper.DropMapOf(Upper.Work.PartialMaps, Upper.Work.Links, name);
            if (Upper.Work.LinkIndex.Remove(key.Layer, key.Inode) != Errno.None) return;
            if (status.LinkCount == 1) _ = Upper.Work.Origins.Remove(status.Inode);
            report.Removed++;
        });
    }

    private bool IsLost(in FileStatus status, int missing) => missing > 0 && status.LinkCount == (kernelIndex.Contains(status.Inode) ? 2 : 1);

    // Of files that have no name in the upper and ought to have one: nobody misses names that the lower layers themselves hide.
    private Dictionary<ulong, LowerNameCount> CountNamesOfTheLost(out Errno error)
    {
        var lost = new HashSet<ulong>();
        var counts = new Dictionary<ulong, LowerNameCount>();
        error = ReadIndex((name, key, status, missing) =>
        {
            if (IsLost(status, missing)) lost.Add(key.Number);
        });
        if (error == Errno.None && lost.Count > 0) error = LowerNameCounts.Read(tree.RootDirectory, tree.Search, tree.Inodes, lost, out counts);
        return counts;
    }

    private Errno LinkIn(int slot, Stack<int> waiting)
    {
        var error = ListingBuilder.Build(tree.Directory(slot), tree.Inodes, out var listing);
        for (var i = 0; error == Errno.None && i < listing!.Count; i++)
        {
            report.Visited++;
            progress?.Report(report);
            var name = listing.Name(i);
            var isDirectory = listing.Type(i) == FileType.Directory;
            if (!isDirectory && (listing.Member(i) < 0 || !_expected.Contains(listing.Inode(i)))) continue;

            var failed = tree.LookUp(slot, name, count: true, listed: null, out var child, out _, out _);
            if (failed == Errno.None && child != 0 && isDirectory) waiting.Push(child);
            else if (failed == Errno.None && child != 0) failed = Link(child, slot, name);
            if (failed != Errno.None) Fail(slot, name, failed);
        }
        return error;
    }

    private Errno Link(int slot, int parent, ReadOnlySpan<byte> name)
    {
        var error = Errno.None;
        if (tree.Nodes[slot].Has(NodeFlags.Indexed))
        {
            error = copyUp.LinkIndexed(slot, parent, name);
            if (error == Errno.None) report.Links++;
            if (error == Errno.None) error = filling.Complete(slot);
        }
        tree.Nodes.Forget(slot, 1);
        return error;
    }

    private void Fail(int directory, ReadOnlySpan<byte> name, Errno error)
    {
        _hasFailed = true;
        report.Add(tree.PathOf(directory, name), SettleSentences.CannotCopy(error));
    }

    // `missing`: how many names the union has by the count of the mark, beyond those in the upper.
    private Errno ReadIndex(Action<byte[], LayerInode, FileStatus, int> take)
    {
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(Upper.Work.Links, names);
        foreach (var name in names)
        {
            if (!LinkIndex.TryParse(name, out var key) || Syscall.StatAt(Upper.Work.Links, name, cached: false, out var status) != Errno.None) continue;

            // The link in an index does not count as a name.
            take(name, key, status, Upper.NlinkDifference(Upper.Work.Links, name) + (kernelIndex.Contains(status.Inode) ? 2 : 1));
        }
        return error;
    }
}
