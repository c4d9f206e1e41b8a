using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// From names to nodes.
internal sealed partial class Tree
{
    [ThreadStatic]
    private static SearchResult? _result;

    /// <summary>A search result of this thread, to be used before the next search.</summary>
    public static SearchResult Scratch => _result ??= new SearchResult();

    /// <summary>
    /// Finds the node behind a name, asking the layers when the table does not have it; slot 0: there is no such name. With
    /// <paramref name="count"/> it counts as a lookup of the kernel's.
    /// </summary>
    /// <param name="listed">The member in which a listing saw the name, which is not a directory; null: not known.</param>
    /// <param name="status">The object's status where <paramref name="hasStatus"/>: spares the caller from asking again.</param>
    public Errno LookUp(int parent, ReadOnlySpan<byte> name, bool count, int? listed, out int slot, out FileStatus status, out bool hasStatus)
    {
        status = default;
        hasStatus = false;
        slot = Nodes.Find(parent, name, count);
        if (slot != 0 || OciNames.Classify(name) != OciNameKind.Ordinary) return Errno.None;

        // From the question to the node no name of this directory changes: what a layer said would be out of date.
        Locks.EnterRead(parent);
        try
        {
            slot = Nodes.Find(parent, name, count);
            if (slot != 0) return Errno.None;

            var result = Scratch;
            var directory = Directory(parent);
            var error = listed is { } member ? Search.FindAt(directory, member, name, result) : Search.Find(directory, name, result);
            if (error != Errno.None || !result.IsFound) return error;

            error = Adopt(parent, name, result, count, out slot, out hasStatus);
            status = result.Entry.Status;
            return error;
        }
        finally
        {
            Locks.LeaveRead(parent);
        }
    }

    /// <summary>Makes a node of what was just made in the upper, under the write lock of its directory's names. Counts as a lookup.</summary>
    public int Made(int parent, ReadOnlySpan<byte> name, in FileStatus status)
    {
        var node = new Node { Type = status.Type, Flags = NodeFlags.Upper | NodeFlags.DataKnown, Inode = Inodes.NumberOf(Upper!.Layer, status) };
        if (status.IsDirectory) node.State = new UnionDirectory(Directory(parent).Upper!.Child(name, status, hasXattrWhiteouts: false), []);
        return Nodes.FindOrAdd(parent, name, node, linked: false, count: true, out _);
    }

    private Errno Adopt(int parent, ReadOnlySpan<byte> name, SearchResult found, bool count, out int slot, out bool isFresh)
    {
        var where = found.Where!;
        ref var entry = ref found.Entry;
        var isUpper = where.Layer.IsUpper;
        slot = 0;
        isFresh = false;
        if (entry.IsCovered) Cover(where, name, ref entry);

        var error = entry is { Kind: EntryKind.File, Status: { Type: FileType.Regular, Size: 0 } } ? CheckEmpty(parent, name, where, entry.Marks) : Errno.None;
        if (error != Errno.None) return error;
        error = NumberOf(parent, name, found, out var inode);
        if (error != Errno.None) return error;
        var node = new Node { Type = entry.Status.Type, Inode = inode, Lower = isUpper ? null : where, Flags = FlagsOf(entry, isUpper) };
        if (entry.Kind == EntryKind.Directory) node.State = Stack(found);

        byte[]? dataName = null;
        var isBroken = false;
        var linked = entry.Kind == EntryKind.File && entry.Status.LinkCount > 1 && (isUpper || (KeepsLinks(node.Type) && !InodeMap.IsForeign(where.Layer, entry.Status.Device)));
        var index = Upper?.Work.LinkIndex;
        if (linked && !isUpper) Upper?.TakeOverLink(where, name, entry.Status, inode);
        if (linked && index is not null && index.Contains(IndexLayer(inode), IndexInode(inode)))
        {
            node.Set(NodeFlags.Upper | NodeFlags.Indexed | NodeFlags.DataKnown);
            var bytes = NodeFlags.None;
            if (!isUpper) error = BytesOfIndexed(inode, out bytes);
            if (error != Errno.None) return error;
            node.Set(bytes);
        }

        // A metacopy in the upper has its bytes further down; where, is found now, while the directory is at hand. By a name that only a lower
        // layer has they are in that layer's file, unless it is a metacopy too, which nobody has asked yet.
        var marks = entry.Marks;
        if (node.Has(NodeFlags.Metacopy) && !isUpper) error = Search.MarksOf(where, name, out marks);
        if (Search.Passes(error)) return error;
        isBroken = error != Errno.None;
        if (node.Has(NodeFlags.Metacopy) && marks.Has(MarkSet.Metacopy))
        {
            error = Search.FindData(Directory(parent), name, where, marks, out var data, out dataName);
            if (Search.Passes(error)) return error;
            isBroken = error != Errno.None;
            node.Lower = data;
            if (dataName is [] || dataName.AsSpan().SequenceEqual(name)) dataName = null;
        }

        // Of several names a different one may become the first, so the one that is valid in `Lower` is kept from the start.
        if (node.Lower is not null && (linked || dataName is not null)) node.LowerName = Nodes.KeepLowerName(dataName ?? name);
        slot = Nodes.FindOrAdd(parent, name, node, linked, count, out var added);
        isFresh = added && !node.Has(NodeFlags.Indexed | NodeFlags.Metacopy);
        if (!added)
        {
            Nodes.DropLowerName(node.LowerName);
            return Errno.None;
        }
        if (isBroken)
        {
            _dataElsewhere[Nodes[slot].Id] = (null!, []);
            Nodes[slot].Set(NodeFlags.DataElsewhere);
        }
        if (!isUpper && entry.Marks.Has(MarkSet.Metacopy)) _ = LearnData(slot); // else when they are wanted
        if (!node.Has(NodeFlags.Partial)) return Errno.None;
        Nodes[slot].Set(NodeFlags.Unrecovered);
        BecamePartial(slot);
        return Errno.None;
    }

    // Nobody asks for the bytes of an empty file: that these cannot be told has to be said when it is looked up.
    private Errno CheckEmpty(int parent, ReadOnlySpan<byte> name, LayerDirectory where, FoundMarks known)
    {
        var marks = known;
        if (!where.Layer.IsUpper && Search.MarksOf(where, name, out marks) != Errno.None) return Errno.None;
        return marks.Has(MarkSet.Metacopy) && Search.FindData(Directory(parent), name, where, marks, out _, out _) != Errno.None ? Errno.IO : Errno.None;
    }

    /// <summary>
    /// Whether the names of a lower object stay one inode when it is copied up: the hard link index does that. The copy carries a mark,
    /// and in user.* only regular files can; other objects come up name by name then, and each name is a node of its own from the start.
    /// </summary>
    public bool KeepsLinks(FileType type) =>
        Upper is null || (Upper.Features.Marks is { } family && (family == MarkFamily.Trusted || type == FileType.Regular || Upper.Overrides != OverrideForm.None));

    private static UnionDirectory Stack(SearchResult found)
    {
        if (found.Entry.IsCovered) return new UnionDirectory(null, []);
        var members = found.Members;
        return members[0].Layer.IsUpper ? new UnionDirectory(members[0], [.. members[1..]]) : new UnionDirectory(null, [.. members]);
    }

    private static NodeFlags FlagsOf(in LayerEntry entry, bool isUpper)
    {
        var flags = isUpper ? NodeFlags.Upper | NodeFlags.DataKnown : NodeFlags.None;
        if (entry.IsCovered) flags |= NodeFlags.Covered;
        if (isUpper && entry.Status.Type == FileType.Regular && entry.Marks.Has(MarkSet.Metacopy)) flags |= NodeFlags.Metacopy;
        if ((flags & NodeFlags.Metacopy) != 0 && entry.Marks.Has(MarkSet.Partial)) flags |= NodeFlags.Partial; // without a metacopy mark it is whole
        return flags;
    }

    // What a mount stands on shows as empty: a directory as a directory, anything else as a file without bytes.
    private static void Cover(LayerDirectory where, ReadOnlySpan<byte> name, ref LayerEntry entry)
    {
        entry.Status.Inode = where.EntryInode(name);
        (entry.Status.DeviceMajor, entry.Status.DeviceMinor) = ((uint)(where.Device >> 32), (uint)where.Device);
        if (entry.Kind != EntryKind.Directory) entry.Status.Size = entry.Status.Blocks = 0;
    }

    /// <summary>Whether a lower object with several names has a copy in the upper that all of them share.</summary>
    public bool HasSharedCopy(Layer layer, FileStatus status)
    {
        var inode = Inodes.NumberOf(layer, status);
        return Upper?.Work.LinkIndex.Contains(IndexLayer(inode), IndexInode(inode)) == true;
    }

    // An error must not pass for bytes that are all there.
    private Errno BytesOfIndexed(ulong inode, out NodeFlags flags)
    {
        Span<byte> buffer = stackalloc byte[LinkIndex.NameSize];
        flags = NodeFlags.None;
        var error = FoundMarks.Read(Upper!.Work.Links, IndexName(inode, buffer), out var marks);
        if (error == Errno.None && marks.Has(MarkSet.Metacopy)) flags = marks.Has(MarkSet.Partial) ? NodeFlags.Metacopy | NodeFlags.Partial : NodeFlags.Metacopy;
        return error;
    }

    // The number to show. An upper object that another program copied up names its origin by a file handle: where the lower object of
    // the same name has that handle, its number goes on to be shown. Another name of a copy with several of them is the same inode, so what was shown
    // first stays: by the next name the origin may be found, or not.
    private Errno NumberOf(int parent, ReadOnlySpan<byte> name, SearchResult found, out ulong inode)
    {
        ref var entry = ref found.Entry;
        var layer = found.Where!.Layer;
        var isForeign = InodeMap.IsForeign(layer, entry.Status.Device);
        var isOneOfSeveral = isForeign && !layer.IsUpper && entry.Kind == EntryKind.File && entry.Status.LinkCount > 1;
        inode = isOneOfSeveral ? Inodes.NumberOfName(found.Where, name, entry.Status) : Inodes.NumberOf(layer, entry.Status);
        if (isForeign || !layer.IsUpper || !entry.Marks.Has(MarkSet.Origin) || Inodes.HasOrigin(entry.Status.Inode)) return Errno.None;

        Span<byte> value = stackalloc byte[OriginMark.MaxLength + 1];
        var error = found.Where.Enter(out var dir);
        if (error != Errno.None) return error;
        error = Syscall.GetXattrAt(dir, name, MarkNames.Origin(entry.Marks.FamilyOf(MarkSet.Origin)), value, out var length);
        found.Where.Leave();
        if (error != Errno.None) return error == Errno.RANGE ? Errno.IO : Errno.None; // unreadable to us: unknown
        switch (OriginMark.Parse(value[..length], out var origin))
        {
            case OriginKind.Broken:
                return Errno.IO;
            case OriginKind.Unknown:
                return Errno.None;
        }

        var isLinked = !entry.Status.IsDirectory && entry.Status.LinkCount > 1;
        var below = new SearchResult();
        var links = 0u; // of the origin, if it is found
        if (Search.FindBelow(Directory(parent), name, below) == Errno.None && below.IsFound && below.Entry.Status.Type == entry.Status.Type
            && !InodeMap.IsForeign(below.Where!.Layer, below.Entry.Status.Device) && HasHandle(below.Where, name, origin.Handle))
            (inode, links) = (Inodes.NumberOf(below.Where.Layer, below.Entry.Status), below.Entry.Status.LinkCount);
        else if (isLinked && Upper?.IsInKernelIndex(value[..length]) == true && _lowerLinks!.TryFind(origin.Handle, out var file)) (inode, links) = file;
        if (isLinked && links > 0) Upper?.TakeOverLink(value[..length], entry.Status.Type, links, inode);
        return Inodes.Keep(entry.Status, isOrigin: links > 0, ref inode);
    }

    private static bool HasHandle(LayerDirectory where, ReadOnlySpan<byte> name, ReadOnlySpan<byte> handle)
    {
        Span<byte> own = stackalloc byte[Syscall.MaxHandleLength];
        if (where.Enter(out var dir) != Errno.None) return false;
        var error = Syscall.NameToHandleAt(dir, name, own, out _, out var length);
        where.Leave();
        return error == Errno.None && own[..length].SequenceEqual(handle);
    }
}
