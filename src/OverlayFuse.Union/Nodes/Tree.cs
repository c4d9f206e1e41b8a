using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The inodes of the union and the way from each to its object.</summary>
internal sealed partial class Tree
{
    /// <summary>Bytes of the longest name (NAME_MAX).</summary>
    public const int MaxName = 255;

    /// <summary>Room for any name, an orphan's or an index link's among them.</summary>
    public const int NameSize = MaxName + 1;

    private readonly LowerLinks? _lowerLinks;

    public Tree(UnionDirectory root, InodeMap inodes, Upper? upper, Owners owners, LayerDirectory[] dataOnly)
    {
        RootDirectory = root;
        Inodes = inodes;
        Upper = upper;
        Owners = owners;
        Nodes = new NodeTable(Removed);
        Search = new Search(root, dataOnly);
        if (upper is not null) _lowerLinks = new LowerLinks(root, Search, inodes, upper.Layer.Device);
    }

    public NodeTable Nodes { get; }

    public NameLocks Locks { get; } = new();

    public CopyUpGate Gate { get; } = new();

    public Search Search { get; }

    public InodeMap Inodes { get; }

    /// <summary>The writable side; null for a read-only union.</summary>
    public Upper? Upper { get; }

    public Owners Owners { get; }

    public UnionDirectory RootDirectory { get; }

    /// <summary>Opens the bytes of a file, which finishes what an earlier daemon left undone in it.</summary>
    public Action<int>? Recover { get; set; }

    /// <summary>Asked to look after a file that is partial from now on; null: nobody does.</summary>
    public Action<int>? PartialWatch { get; set; }

    /// <summary>The stack of a directory.</summary>
    public UnionDirectory Directory(int slot) => (UnionDirectory)Nodes[slot].State!;

    /// <summary>STALE for a node the kernel no longer has.</summary>
    public Errno Find(NodeId id, out int slot) => Nodes.TryFind(id, out slot) ? Errno.None : Errno.STALE;

    /// <summary>Find for a node that must be a directory.</summary>
    public Errno FindDirectory(NodeId id, out int slot, out UnionDirectory directory)
    {
        directory = null!;
        if (!Nodes.TryFind(id, out slot)) return Errno.STALE;
        if (Nodes[slot].State is not UnionDirectory found) return Errno.NOTDIR;
        directory = found;
        return Errno.None;
    }

    /// <summary>How many files are kept by their descriptors alone.</summary>
    public int HeldFiles;

    /// <summary>Where the object of a node is: in the upper if it was copied up, else in its lower layer.</summary>
    public Errno Enter(int slot, Span<byte> buffer, out Place place)
    {
        while (true)
        {
            ref var node = ref Nodes[slot];
            var flags = node.Flags;
            if ((flags & NodeFlags.Held) != 0 && node.State is OpenFile held)
            {
                place = new Place(new DirFd(held.Fd.Number), [], isUpper: true);
                return Errno.None;
            }
            if ((flags & NodeFlags.Orphan) != 0)
            {
                place = new Place(Upper!.Work.Orphans, Upper.OrphanName(node.Id, buffer), isUpper: true);
                return Errno.None;
            }
            if ((flags & NodeFlags.Indexed) != 0)
            {
                place = new Place(Upper!.Work.Links, IndexName(node.Inode, buffer), isUpper: true);
                return Errno.None;
            }
            if (slot == NodeTable.Root) return EnterRoot(out place);

            var error = (flags & NodeFlags.Upper) != 0 ? EnterUpper(slot, buffer, out place) : EnterLower(slot, buffer, out place);
            if (error != Errno.AGAIN) return error;
        }
    }

    /// <summary>Where the bytes of a file are: as <see cref="Enter"/>, but for a metacopy in the lower layer.</summary>
    public Errno EnterData(int slot, Span<byte> buffer, out Place place)
    {
        while (true)
        {
            ref var node = ref Nodes[slot];
            var flags = node.Flags;
            if ((flags & NodeFlags.Metacopy) == 0 && (flags & NodeFlags.Upper) != 0) return Enter(slot, buffer, out place);
            var error = (flags & NodeFlags.DataElsewhere) != 0 ? EnterElsewhere(slot, out place) : EnterLower(slot, buffer, out place);
            if (error != Errno.AGAIN) return error;
        }
    }

    /// <summary>
    /// Whether a node has gone from a place that was entered. Orphans and links of the index are reached without a lock, and a first name or the loss of
    /// the last one takes them elsewhere, the flag before the link: who finds nothing asks this, and looks again.
    /// </summary>
    public bool HasLeft(int slot, in Place place)
    {
        if (!place.IsUpper || place.Holder is not null || place.Name.IsEmpty) return false;
        var flags = Nodes[slot].Flags;
        var isOrphan = (flags & NodeFlags.Orphan) != 0;
        return place.Dir == Upper!.Work.Orphans ? !isOrphan : isOrphan || (flags & NodeFlags.Indexed) == 0;
    }

    /// <summary>Name of the hard link index for an inode number of the union.</summary>
    public ReadOnlySpan<byte> IndexName(ulong inode, Span<byte> buffer) =>
        buffer[..LinkIndex.NameOf(IndexLayer(inode), IndexInode(inode), buffer)];

    /// <summary>The two halves of a packed inode number, the key of the hard link index.</summary>
    public static int IndexLayer(ulong inode) => (int)(inode >> InodeNumber.LayerShift);

    public static ulong IndexInode(ulong inode) => inode & ((1UL << InodeNumber.LayerShift) - 1);

    private Errno EnterRoot(out Place place)
    {
        place = default;
        var top = RootDirectory.Top;
        var error = top.Enter(out var dir);
        if (error == Errno.None) place = new Place(dir, "."u8, top.Layer.IsUpper, top);
        return error;
    }

    // The name lock keeps unlink and rename away while the object is reached by its name. AGAIN: it moved meanwhile.
    private Errno EnterUpper(int slot, Span<byte> buffer, out Place place)
    {
        place = default;
        if (!Nodes.TryGetName(slot, buffer, out var length, out var parent))
            return Nodes[slot].Has(NodeFlags.Orphan | NodeFlags.Held) ? Errno.AGAIN : Errno.STALE;

        Locks.EnterRead(parent);
        if (!Nodes.TryGetName(slot, buffer, out length, out var again) || again != parent)
        {
            Locks.LeaveRead(parent);
            return Errno.AGAIN;
        }
        var holder = Directory(parent).Upper!;
        var error = holder.Enter(out var dir);
        if (error == Errno.None) place = new Place(dir, buffer[..length], isUpper: true, holder, Locks, parent);
        else Locks.LeaveRead(parent);
        return error;
    }

    // Lower objects stay where they are, so no lock is needed once the name is known.
    private Errno EnterLower(int slot, Span<byte> buffer, out Place place)
    {
        place = default;
        var holder = Nodes[slot].Lower;
        if (!Nodes.TryGetLowerName(slot, buffer, out var length))
        {
            if (!Nodes.TryGetName(slot, buffer, out length, out _)) return Volatile.Read(ref Nodes[slot].LowerName) != 0 ? Errno.AGAIN : Errno.STALE;
            if (Volatile.Read(ref Nodes[slot].LowerName) != 0) return Errno.AGAIN;
        }
        if (holder is null) return Errno.STALE;
        var error = holder.Enter(out var dir);
        if (error == Errno.None) place = new Place(dir, buffer[..length], isUpper: false, holder);
        return error;
    }

    private void Removed(in Node node)
    {
        switch (node.State)
        {
            case UnionDirectory directory:
                directory.Upper?.Close();
                foreach (var lower in directory.Lowers) lower.Close();
                break;
            case OpenFile file:
                file.Abandon(node.Id);
                break;
        }
        if (node.Has(NodeFlags.Held)) Interlocked.Decrement(ref HeldFiles);
        if (node.Has(NodeFlags.DataElsewhere)) _dataElsewhere.TryRemove(node.Id, out _);
        if (node.Has(NodeFlags.Orphan)) Upper!.DropOrphan(node.Id, isCopy: IndexLayer(node.Inode) != 0, isPartial: node.Has(NodeFlags.Partial));
    }
}
