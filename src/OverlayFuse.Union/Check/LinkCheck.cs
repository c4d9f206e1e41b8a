using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Compares the index of hard links with the names that the union has: each entry must have some, and its mark must count them.</summary>
internal sealed class LinkCheck(InspectedUnion union, CheckReport report, IReadOnlySet<ulong> kernelIndex)
{
    private readonly Dictionary<ulong, int> _lowerNames = [];

    private DirFd Links => union.Links;

    /// <summary>Inodes of the upper whose count of links is a matter of this index or of the kernel's.</summary>
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
        // Each index has a link that is no name.
        var names = (int)status.LinkCount - (kernelIndex.Contains(status.Inode) ? 2 : 1) + lowerNames;
        if (names == 0)
        {
            var isOfTheStack = key.Layer == InodeNumber.AllocatedLayer || union.LayerNumbers.Contains(key.Layer);
            report.Problem("link-unreachable", PathOf(name), "the copy of a lower file with several names, of which the union has none any more",
                isOfTheStack ? "The entry is removed." : "Its layer is none of the lower directories given; check with those that the upper was written on.",
                isOfTheStack ? () => Syscall.UnlinkAt(Links, name) : null);
            return;
        }
        var mark = Mark(name, out var family);
        if (mark is { Base: NlinkBase.Upper } counted && (int)status.LinkCount + counted.Difference == names)
        {
            report.Explain("link", PathOf(name), $"the copy of a lower file with several names; the union has {names} of them");
            return;
        }
        var difference = names - (int)status.LinkCount;
        report.Problem("nlink-wrong", PathOf(name), $"the union has {names} names of this file, but {(mark is null ? "no mark says so" : "its mark says otherwise")}", "The mark is set right.", () =>
        {
            var value = new byte[NlinkMark.MaxLength];
            var length = new NlinkMark(NlinkBase.Upper, difference).Format(value);
            return Syscall.SetXattrAt(Links, name, MarkNames.Nlink(family), value.AsSpan(0, length), XattrFlags.None);
        });
    }

    // A listing shows a lower object by its number, and only those that the upper neither has nor hides.
    private bool CountLowerNames()
    {
        var waiting = new Stack<UnionDirectory>();
        waiting.Push(union.Root);
        var found = new SearchResult();
        while (waiting.TryPop(out var directory))
        {
            if (ListingBuilder.Build(directory, union.Inodes, out var listing) != Errno.None) return false;
            for (var i = 0; i < listing!.Count; i++)
            {
                if (listing.Type(i) == FileType.Directory)
                {
                    if (union.Search.Find(directory, listing.Name(i), found) != Errno.None) return false;
                    if (found.Members.Count > 0) waiting.Push(StackOf(found));
                }
                else if (HasOwnNumber(directory, listing, i) && _lowerNames.TryGetValue(listing.Inode(i), out var count)) _lowerNames[listing.Inode(i)] = count + 1;
            }
        }
        return true;
    }

    private static bool HasOwnNumber(UnionDirectory directory, Listing listing, int index) => directory.Upper is null || listing.Member(index) >= 0;

    private static UnionDirectory StackOf(SearchResult found) => found.Members[0].Layer.IsUpper
        ? new UnionDirectory(found.Members[0], [.. found.Members[1..]])
        : new UnionDirectory(null, [.. found.Members]);

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
