using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Compares the index of hard links with the names that the union has: each entry must have some, and its mark must count them.</summary>
internal sealed class LinkCheck(InspectedUnion union, CheckReport report, IReadOnlySet<ulong> kernelIndex)
{
    private readonly Dictionary<ulong, int> _lowerNames = [];
    private Dictionary<ulong, LowerNameCount>? _lowerCounts;

    private DirFd Links => union.Links;

    /// <summary>Inodes of the upper whose links this index counts, or the kernel's.</summary>
    public HashSet<ulong> CountedInodes()
    {
        var counted = new HashSet<ulong>(kernelIndex);
        foreach (var name in Names())
        {
            if (Syscall.StatAt(Links, name, cached: false, out var status) == Errno.None) counted.Add(status.Inode);
        }
        return counted;
    }

    public void Run()
    {
        var entries = new List<(byte[] Name, LayerInode Key, FileStatus Status)>();
        foreach (var name in Names())
        {
            if (!LinkIndex.TryParse(name, out var key) || Syscall.StatAt(Links, name, cached: false, out var status) != Errno.None || status.IsDirectory)
                report.Problem("link-foreign", PathOf(name), "it does not belong to the index of hard links, whose entries are named LAYER-INODE", "Move it away; whoever put it there may know more.");
            else
                entries.Add((name, key, status));
        }
        if (entries.Count == 0) return;
        foreach (var (_, key, _) in entries) _lowerNames[key.Number] = 0;
        if (!CountLowerNames())
        {
            // A mark that is broken has been found already; when that is repaired, the links can be counted.
            const string Text = "not all of the union can be read, so its hard links cannot be counted";
            if (report.Problems.Any()) report.Explain("links-uncounted", "overlayfuse/links"u8.ToArray(), Text);
            else report.Problem("links-uncounted", "overlayfuse/links"u8.ToArray(), Text, "Check as root.");
            return;
        }
        foreach (var (name, key, status) in entries) Judge(name, key, status, _lowerNames[key.Number]);
    }

    private void Judge(byte[] name, LayerInode key, in FileStatus status, int lowerNames)
    {
        // Each index has a link that does not count as a name.
        var names = (int)status.LinkCount - (kernelIndex.Contains(status.Inode) ? 2 : 1) + lowerNames;
        var mark = Mark(name, out var family);
        int? counted = mark is { Base: NlinkBase.Upper } upper ? (int)status.LinkCount + upper.Difference : null;
        var hidden = counted == names ? 0 : Hidden(key.Number);
        if (names == 0 && (hidden == 0 || counted != hidden))
        {
            var isOfTheStack = key.Layer == InodeNumber.AllocatedLayer || union.LayerNumbers.Contains(key.Layer);
            report.Problem("link-unreachable", PathOf(name), "the copy of a lower file with several names, of which the union has none any more",
                isOfTheStack ? "The entry is removed." : "Its layer is none of the lower directories given; check with those that the upper was written on.",
                isOfTheStack ? () => Syscall.UnlinkAt(Links, name) : null);
            return;
        }
        if (counted == names + hidden)
        {
            var text = $"the copy of a lower file with several names; the union has {(names == 0 ? "none" : names)} of them";
            if (hidden > 0) text += $", and {hidden} that the lower layers do not show are counted";
            if (names == 0) text += "; \"overlayfuse settle\" removes it";
            report.Explain("link", PathOf(name), text);
            return;
        }
        var difference = names + hidden - (int)status.LinkCount;
        report.Problem("nlink-wrong", PathOf(name), $"the union has {names} names of this file, but {(mark is null ? "no mark says so" : "its mark says otherwise")}", "The mark is set right.", () =>
        {
            var value = new byte[NlinkMark.MaxLength];
            var length = new NlinkMark(NlinkBase.Upper, difference).Format(value);
            return Syscall.SetXattrAt(Links, name, MarkNames.Nlink(family), value.AsSpan(0, length), XattrFlags.None);
        });
    }

    /// <summary>
    /// Copies that had no name in the upper and are gone from the index. A name of such a file was removed, which goes on counting the others in its copy;
    /// but another one shows the lower file. Their records of inode numbers are all that is left of them.
    /// </summary>
    /// <param name="unclaimed">Inodes of the upper with such a record of which nothing was met, and the number that they showed.</param>
    public HashSet<ulong> FindLost(IReadOnlyCollection<(ulong Inode, ulong Number)> unclaimed)
    {
        var lost = new HashSet<ulong>();
        _lowerNames.Clear();
        foreach (var (_, number) in unclaimed) _lowerNames[number] = 0;
        foreach (var name in Names())
        {
            if (LinkIndex.TryParse(name, out var key)) _lowerNames.Remove(key.Number);
        }
        if (_lowerNames.Count == 0 || !CountLowerNames()
            || LowerNameCounts.Read(union.Root, union.Search, union.Inodes, _lowerNames.Keys.ToHashSet(), out var counts) != Errno.None) return lost;
        foreach (var (inode, number) in unclaimed)
        {
            if (!counts.TryGetValue(number, out var count) || count.Links < 2 || !_lowerNames.TryGetValue(number, out var shown) || shown == 0 || shown == count.Shown) continue;
            lost.Add(inode);
            var name = new byte[LinkIndex.NameSize];
            var length = LinkIndex.NameOf(Tree.IndexLayer(number), Tree.IndexInode(number), name);
            report.Problem("link-lost", PathOf(name[..length]),
                $"the copy of a lower file with several names is gone, and the {shown} that are left show the file as it is in the lower layer",
                "If you have a copy of that file, put it back; else write the file anew.");
        }
        return lost;
    }

    // A listing shows a lower object by its number, and only those that the upper neither has nor hides.
    private bool CountLowerNames() => Errno.None == UnionWalk.Run(union.Root, [], union.Search, union.Inodes, (path, directory, listing, i) =>
    {
        var hasOwnNumber = listing.Type(i) != FileType.Directory && (directory.Upper is null || listing.Member(i) >= 0);
        if (hasOwnNumber && _lowerNames.TryGetValue(listing.Inode(i), out var count)) _lowerNames[listing.Inode(i)] = count + 1;
    });

    // Counted when a count is first found not to be that of the names: the lower layers are read once more for it.
    private int Hidden(ulong inode)
    {
        if (_lowerCounts is null && LowerNameCounts.Read(union.Root, union.Search, union.Inodes, _lowerNames.Keys.ToHashSet(), out _lowerCounts) != Errno.None) _lowerCounts = [];
        return _lowerCounts.TryGetValue(inode, out var count) ? count.Hidden : 0;
    }

    private NlinkMark? Mark(byte[] name, out MarkFamily family)
    {
        family = MarkFamily.User;
        if (FoundMarks.Read(Links, name, out var marks) != Errno.None) return null;
        family = marks.Trusted != MarkSet.None || Syscall.GetEUid() == 0 && (marks.User & MarkSet.Nlink) == 0 ? MarkFamily.Trusted : MarkFamily.User;
        var value = new byte[64];
        return Syscall.GetXattrAt(Links, name, MarkNames.Nlink(family), value, out var length) == Errno.None && NlinkMark.TryParse(value.AsSpan(0, length), out var mark) ? mark : null;
    }

    private List<byte[]> Names()
    {
        var names = new List<byte[]>();
        if (Links.IsOpen) _ = DirectoryNames.Read(Links, names);
        return names;
    }

    private static byte[] PathOf(byte[] name) => [.. "overlayfuse/links/"u8, .. name];
}
