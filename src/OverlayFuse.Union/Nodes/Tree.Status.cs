using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// What stat(2) says of a node.
internal sealed partial class Tree
{
    /// <summary>The status of a node's object, as the union shows it but for the inode number.</summary>
    public Errno Status(int slot, out FileStatus status)
    {
        Span<byte> buffer = stackalloc byte[NameSize];
        if (Nodes[slot].Has(NodeFlags.Unrecovered)) Recover?.Invoke(slot);
        while (true)
        {
            var begun = Upper?.BeginReadingMode() ?? 0;
            var error = Enter(slot, buffer, out var place);
            if (error != Errno.None)
            {
                status = default;
                return error;
            }
            using (place)
            {
                error = Syscall.StatAt(place.Dir, place.Name, cached: !place.IsUpper, out status);
                if (error == Errno.None)
                {
                    if (Upper is not null && !Upper.Credentials.IsRoot && !Upper.ModeIsTrue(begun, slot, ref status.Mode)) continue;
                    error = Show(slot, place, ref status);
                    if (error == Errno.NOENT && HasLeft(slot, place)) continue;
                    return error;
                }
                if (error == Errno.NOENT && HasLeft(slot, place)) continue;
                if (error != Errno.ACCES || !place.IsUpper) return error;
            }
            return StatusInShutDirectory(slot, out status);
        }
    }

    private Errno StatusInShutDirectory(int slot, out FileStatus status)
    {
        FileStatus found = default;
        var error = Upper!.InShutDirectory(this, slot, gateHeld: false, place =>
        {
            var failed = Syscall.StatAt(place.Dir, place.Name, cached: false, out found);
            return failed != Errno.None ? failed : Show(slot, place, ref found);
        });
        status = found;
        return error;
    }

    private Errno Show(int slot, in Place place, ref FileStatus status)
    {
        var error = Nodes[slot].Has(NodeFlags.Covered) ? Errno.None : Overrides.Show(FormAt(place), place.Dir, place.Name, ref status);
        if (error == Errno.None) Correct(slot, place, ref status);
        return error;
    }

    /// <summary>Where the layer that has an object keeps the owners of its objects.</summary>
    public OverrideForm FormAt(in Place place) => place.IsUpper ? Upper!.Overrides : place.Holder!.Layer.Overrides;

    /// <summary>A node's attributes in the form of the protocol.</summary>
    public Attributes AttributesOf(int slot, in FileStatus status) => new()
    {
        Inode = ShownInode(Nodes[slot].Inode),
        Size = status.Size,
        Blocks = status.Blocks,
        AccessSeconds = status.AccessTime.Seconds,
        AccessNanoseconds = status.AccessTime.Nanoseconds,
        ModifySeconds = status.ModifyTime.Seconds,
        ModifyNanoseconds = status.ModifyTime.Nanoseconds,
        ChangeSeconds = status.ChangeTime.Seconds,
        ChangeNanoseconds = status.ChangeTime.Nanoseconds,
        Mode = status.Mode,
        LinkCount = status.LinkCount,
        Uid = Owners.ShowUid(status.Uid),
        Gid = Owners.ShowGid(status.Gid),
        Rdev = DeviceNumber.Encode(status.RdevMajor, status.RdevMinor),
        BlockSize = status.BlockSize,
    };

    /// <summary>Corrects what a single layer cannot know: link counts, and the blocks of a file whose bytes are elsewhere.</summary>
    public void Correct(int slot, in Place place, ref FileStatus status)
    {
        ref var node = ref Nodes[slot];
        var flags = node.Flags;
        if (node.IsDirectory) status.LinkCount = DirectoryLinks(node, status.LinkCount);
        else if ((flags & NodeFlags.Orphan) != 0) status.LinkCount -= Math.Min(status.LinkCount, 1); // the link in the orphans directory
        else if ((flags & NodeFlags.Removed) != 0) status.LinkCount -= Math.Min(status.LinkCount, 1);
        else if ((flags & NodeFlags.Indexed) != 0) status.LinkCount = Upper!.NamesOfIndexed(place.Dir, place.Name, status.LinkCount);

        if ((flags & NodeFlags.Covered) != 0 && node.Type == FileType.Regular) status.Size = status.Blocks = 0;
        if ((flags & (NodeFlags.Metacopy | NodeFlags.DataElsewhere)) != 0 && node.Type == FileType.Regular) status.Blocks = DataBlocks(slot, status);
        if ((flags & NodeFlags.Partial) != 0 && node.State is OpenFile file) file.CorrectTime(node.Id, place, ref status);
    }

    /// <summary>No directory's link count says how many directories are in it.</summary>
    public bool StaticLinkCount { get; set; }

    /// <summary>Where programs want inode numbers of 32 bits.</summary>
    public NarrowInodes? NarrowInodes { get; set; }

    /// <summary>What is told of an inode number to those who ask.</summary>
    public ulong ShownInode(ulong number) => NarrowInodes?.Of(number) ?? number;

    // File systems that do not count say 1 (find(1) and fts(3) know that): the members of a merged directory overlap.
    private uint DirectoryLinks(in Node node, uint own)
    {
        if (node.Has(NodeFlags.Orphan | NodeFlags.Removed)) return 0;
        return node.State is UnionDirectory { IsMerged: true } || StaticLinkCount ? 1 : own;
    }

    // As if the bytes were all in one place; those of a partial file are in two, some of them in both.
    private ulong DataBlocks(int slot, in FileStatus status)
    {
        Span<byte> buffer = stackalloc byte[NameSize];
        ref var node = ref Nodes[slot];
        scoped Place place;
        if ((node.Has(NodeFlags.DataElsewhere) ? EnterElsewhere(slot, out place) : EnterLower(slot, buffer, out place)) != Errno.None) return status.Blocks;
        using (place)
        {
            if (Syscall.StatAt(place.Dir, place.Name, cached: true, out var data) != Errno.None) return status.Blocks;
            return node.Has(NodeFlags.Partial) ? Math.Min(status.Blocks + data.Blocks, Math.Max(status.Blocks, (status.Size + 511) / 512)) : data.Blocks;
        }
    }
}
