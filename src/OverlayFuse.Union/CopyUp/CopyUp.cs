using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Brings lower objects into the upper. Each copy is built in the work directory and appears by one rename, so nothing half made
/// is ever seen; a failure at any step leaves the union as it was.
/// </summary>
/// <remarks>The order of steps follows kernel overlayfs (fs/overlayfs/copy_up.c), with the owner before the attributes.</remarks>
internal sealed partial class CopyUp(Tree tree, OpenFiles files)
{
    private Upper Upper => tree.Upper!;

    /// <summary>Makes sure that a directory and all above it are in the upper. To be called before any lock is taken.</summary>
    public Errno Directory(int slot)
    {
        var directory = tree.Directory(slot);
        if (directory.Upper is not null) return Errno.None;
        if (tree.Upper is null) return Errno.ROFS;

        var refused = MayCopy(slot);
        if (refused != Errno.None) return refused;

        // From the nearest directory that is there downwards; not by recursion, since a tree may be deeper than a stack.
        Span<byte> name = stackalloc byte[Tree.NameSize];
        var missing = new Stack<int>();
        for (var at = slot; tree.Directory(at).Upper is null;)
        {
            missing.Push(at);
            if (!tree.Nodes.TryGetName(at, name, out _, out at)) return Errno.NOENT; // removed meanwhile
        }
        while (missing.TryPop(out var next))
        {
            var error = CopyDirectoryOnce(next);
            if (error != Errno.None) return error;
        }
        return Errno.None;
    }

    private Errno CopyDirectoryOnce(int slot)
    {
        tree.Gate.Enter(slot);
        try
        {
            return tree.Directory(slot).Upper is not null ? Errno.None : CopyDirectory(slot);
        }
        finally
        {
            tree.Gate.Leave(slot);
        }
    }

    /// <summary>Makes sure that an object of any type is in the upper, so that its metadata or its name can change.</summary>
    public Errno Metadata(int slot) => tree.Nodes[slot].IsDirectory ? Directory(slot) : File(slot, CopyUpReason.Metadata, default, out _);

    /// <summary>Makes sure that a file's bytes are in the upper, so that they can be written.</summary>
    public Errno ForWrite(int slot) => File(slot, CopyUpReason.Write, default, out _);

    /// <summary>
    /// Brings a file up with the bytes it keeps when its length is changed. Where it is cut shorter for that, <paramref name="isDone"/> says
    /// that all was done in the step that brought it up: what comes after could fail, or never come. Else the caller sets the length.
    /// </summary>
    public Errno ForTruncate(int slot, in Truncation change, out bool isDone) => File(slot, CopyUpReason.Truncate, change, out isDone);

    /// <summary>Whether an object and the directories above it can be copied up. Asked first, so that what is refused leaves no trace.</summary>
    public Errno MayCopy(int slot, CopyUpReason reason = CopyUpReason.Metadata, ulong length = 0)
    {
        if (tree.Upper is null || Upper.Credentials.IsHostRoot) return Errno.None;
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        while (!tree.Nodes[slot].IsUpper)
        {
            var error = tree.Enter(slot, buffer, out var lower);
            if (error != Errno.None) return error;
            using (lower)
            {
                error = Status(lower, out var status);
                if (error == Errno.None) error = Plan(lower, status, reason, length).Refusal;
            }
            if (error != Errno.None || !tree.Nodes.TryGetName(slot, buffer, out _, out slot)) return error;
            (reason, length) = (CopyUpReason.Metadata, 0);
        }
        return Errno.None;
    }

    private Errno File(int slot, CopyUpReason reason, in Truncation change, out bool isCut)
    {
        isCut = false;
        if (IsDone(slot, reason)) return Errno.None;
        if (tree.Upper is null) return Errno.ROFS;
        if (tree.Nodes[slot].Has(NodeFlags.Covered)) return Errno.BUSY; // its bytes are another mount's
        // A metacopy of a metacopy without its data could never be read, and the error would be a different one.
        if ((reason != CopyUpReason.Truncate || change.Length > 0) && tree.LacksData(slot)) return Errno.IO;
        var error = MayCopy(slot, reason, change.Length);
        if (error == Errno.None) error = CopyParents(slot);
        if (error != Errno.None) return error;

        tree.Gate.Enter(slot);
        try
        {
            if (IsDone(slot, reason)) return Errno.None;
            if (tree.Nodes[slot].Has(NodeFlags.Partial)) return Errno.AGAIN; // another became first
            return tree.Nodes[slot].IsUpper ? CompleteMetacopy(slot, reason, change, out isCut) : CopyFile(slot, reason, change, out isCut);
        }
        finally
        {
            tree.Gate.Leave(slot);
        }
    }

    private bool IsDone(int slot, CopyUpReason reason)
    {
        ref var node = ref tree.Nodes[slot];
        return node.IsUpper && (reason == CopyUpReason.Metadata || !node.Has(NodeFlags.Metacopy) || (node.Has(NodeFlags.Partial) && reason != CopyUpReason.Whole));
    }

    // All names of a file with hard links will be linked to the copy, so all their directories are needed.
    private Errno CopyParents(int slot)
    {
        if (tree.Nodes[slot].IsUpper) return Errno.None;
        if (tree.Nodes[slot].Has(NodeFlags.Linked))
        {
            foreach (var (directory, _) in tree.Nodes.NamesOf(slot))
            {
                var failed = Directory(directory);
                if (failed != Errno.None) return failed;
            }
            return Errno.None;
        }
        Span<byte> name = stackalloc byte[Tree.NameSize];
        return tree.Nodes.TryGetName(slot, name, out _, out var parent) ? Directory(parent) : Errno.None;
    }

    private Errno CopyDirectory(int slot)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        Span<byte> tempBuffer = stackalloc byte[Upper.WorkNameSize];
        var temp = Upper.TempName(tempBuffer);
        var error = tree.Enter(slot, buffer, out var lower);
        if (error != Errno.None) return error;
        var data = Fd.None;
        using (lower)
        {
            error = Status(lower, out var status);
            if (error == Errno.None && tree.Nodes[slot].Has(NodeFlags.Covered)) status.Mode = (uint)FileType.Directory | Mode.OwnerAllOthersReadExecute;
            if (error == Errno.None) error = Plan(lower, status, CopyUpReason.Metadata, 0).Refusal;
            if (error == Errno.None) error = Syscall.MkdirAt(Upper.Work.Temp, temp, OwnDirectory.Private);
            if (error == Errno.None) error = Syscall.OpenAt(Upper.Work.Temp, temp, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out data);
            if (error == Errno.None) error = CopyMetadata(lower, status, temp, data, takeAttributes: !tree.Nodes[slot].Has(NodeFlags.Covered), cut: null);
        }
        if (error == Errno.None) error = Sync(data);
        data.Close();
        if (error == Errno.None) error = Publish(slot, temp, NodeFlags.Upper, null, null);
        if (error != Errno.None) _ = Syscall.RmdirAt(Upper.Work.Temp, temp);
        return error;
    }

    private Errno CopyFile(int slot, CopyUpReason reason, in Truncation change, out bool isCut)
    {
        isCut = false;
        var error = tree.LearnData(slot);
        if (error != Errno.None) return error;
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        Span<byte> tempBuffer = stackalloc byte[Upper.WorkNameSize];
        var temp = Upper.TempName(tempBuffer);
        error = tree.Enter(slot, buffer, out var lower);
        if (error != Errno.None) return error;
        var flags = NodeFlags.Upper;
        uint links;
        var data = Fd.None;
        using (lower)
        {
            error = Status(lower, out var status);
            if (error != Errno.None) return error;
            links = status.LinkCount;
            var plan = Plan(lower, status, reason, change.Length);
            if (plan.Refusal != Errno.None) return plan.Refusal;

            isCut = reason == CopyUpReason.Truncate && change.Length < status.Size;
            if (plan.Content == CopyUpContent.MetadataOnly) flags |= NodeFlags.Metacopy;
            error = MakeObject(slot, lower, status, plan, temp, out data, out var isPartial);
            if (isPartial) flags |= NodeFlags.Metacopy | NodeFlags.Partial;
            if (status.Type == FileType.Regular && (isPartial || (flags & NodeFlags.Metacopy) == 0)) flags |= NodeFlags.CopyUnsynced;
            if (error == Errno.None) error = CopyMetadata(lower, status, temp, data, takeAttributes: true, isCut ? change : null);
        }
        if (error == Errno.None) error = Sync(data);
        if (error == Errno.None) error = PublishFile(slot, temp, flags, links);
        if (error == Errno.None && reason == CopyUpReason.Write && (flags & NodeFlags.Metacopy) == 0) files.Adopt(slot, data); // what comes next is the write
        else data.Close();
        if (error == Errno.None) Count(flags);
        if (error != Errno.None)
        {
            if ((flags & NodeFlags.Partial) != 0) Upper.DropMapOf(Upper.Work.PartialMaps, Upper.Work.Temp, temp);
            Upper.ForgetMarks(Upper.Work.Temp, temp);
            _ = Syscall.UnlinkAt(Upper.Work.Temp, temp);
        }
        return error;
    }

    private void Count(NodeFlags flags)
    {
        if ((flags & NodeFlags.Partial) != 0) Upper.Counters.CountPartial();
        else if ((flags & NodeFlags.Metacopy) != 0) Upper.Counters.CountMetadataOnly();
        else Upper.Counters.CountWhole();
    }

    // Type, device number and link target are given at birth; data comes before attributes, since writing strips capabilities.
    // A regular file stays open: by its name an ordinary user may not get at it any more once it has its mode.
    private Errno MakeObject(int slot, in Place lower, in FileStatus status, in CopyUpPlan plan, ReadOnlySpan<byte> temp, out Fd data, out bool isPartial)
    {
        data = Fd.None;
        isPartial = false;
        var work = Upper.Work.Temp;
        if (status.Type != FileType.Regular)
        {
            Span<byte> target = stackalloc byte[4096];
            var length = 0;
            var error = status.Type == FileType.Symlink ? Overrides.ReadLink(tree.FormAt(lower), lower.Dir, lower.Name, target, out length) : Errno.None;
            var wanted = new NewObject { Type = status.Type, Major = status.RdevMajor, Minor = status.RdevMinor, Target = target[..length] };
            return error != Errno.None ? error : Upper.MakeObject(work, temp, wanted, Upper.Overrides == OverrideForm.None ? 0 : Mode.OwnerReadWrite);
        }

        // With the mode it is to have, where that does not stand in the way of what follows: then it need not be given again.
        var mode = Upper.Credentials.IsRoot && Upper.Overrides == OverrideForm.None ? status.Mode & Mode.All : Mode.OwnerReadWrite;
        var failed = Syscall.OpenAt(work, temp, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode, out data);
        if (failed != Errno.None) return failed;
        if (plan.Content == CopyUpContent.Bytes) return CopyBytes(slot, data, plan.Length, isNew: true);
        if (plan.Content == CopyUpContent.Blocks) return BeginPartial(slot, data, plan.Length, out isPartial);
        if (plan.Content != CopyUpContent.MetadataOnly) return Errno.None;
        failed = Syscall.Truncate(data, (long)status.Size);
        return failed != Errno.None ? failed : Upper.SetMetacopy(data);
    }

    private Errno CopyBytes(int slot, Fd to, ulong length, bool isNew)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = tree.EnterData(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place)
        {
            error = OpenFiles.OpenAt(place, write: false, out var from);
            if (error != Errno.None) return error;
            error = Syscall.Stat(from, out var status); // a metacopy may be shorter than what it has its bytes from
            var copied = 0L;
            if (error == Errno.None) error = DataCopy.Copy(from, to, length, status.Size, isNew, out copied);
            Upper.Counters.AddCopied(copied);
            from.Close();
        }
        return error == Errno.None ? Upper.SyncData(to) : error;
    }

    // The owner before attributes (chown strips capabilities), the mode after both (chown strips setuid), times last: every step touches them.
    private Errno CopyMetadata(in Place lower, FileStatus status, ReadOnlySpan<byte> temp, Fd data, bool takeAttributes, Truncation? cut)
    {
        var work = Upper.Work.Temp;
        FileStatus born = default;
        // What it has from birth is not given again: each such call is a step of the journal.
        var isKnown = data.IsOpen && Upper.Overrides == OverrideForm.None && Syscall.Stat(data, out born) == Errno.None;
        var error = isKnown && (born.Uid, born.Gid) == (status.Uid, status.Gid) ? Errno.None : Upper.GiveOwner(work, temp, status.Uid, status.Gid);
        if (error == Errno.None && takeAttributes) error = XattrCopy.Copy(lower.Dir, lower.Name, tree.FormAt(lower), work, temp, Upper.Overrides);
        if (error != Errno.None) return error;
        if (lower.Holder is { } holder && status.Type is (FileType.Regular or FileType.Directory)) Upper.SetOrigin(work, temp, holder, lower.Name);
        // The bytes are cut already: once more after the attributes, since it takes capabilities away.
        if (cut is { } change) error = Syscall.Truncate(data, (long)change.Length);
        if (cut is not null) Upper.DropCapability(work, temp);
        status.Mode = cut?.ModeOf(status.Mode) ?? status.Mode;
        if (error == Errno.None && !(isKnown && born.Mode == status.Mode)) error = Upper.GiveMode(work, temp, status);
        return error != Errno.None ? error : Syscall.UtimensAt(work, temp, status.AccessTime, cut is { KeepsTime: false } ? Timestamp.Now : status.ModifyTime);
    }

    private CopyUpPlan Plan(in Place lower, in FileStatus status, CopyUpReason reason, ulong length)
    {
        var error = CopyUpFacts.Gather(lower.Dir, lower.Name, tree.FormAt(lower), status, Upper.Credentials, Upper.Features.Metacopy, Upper.Partial.WholeUpTo, out var facts);
        return error != Errno.None ? new CopyUpPlan(error, default, 0) : CopyUpPlan.For(facts, reason, length);
    }

    private Errno Status(in Place place, out FileStatus status)
    {
        var error = Syscall.StatAt(place.Dir, place.Name, cached: !place.IsUpper, out status);
        return error != Errno.None ? error : Overrides.Show(tree.FormAt(place), place.Dir, place.Name, ref status);
    }

    // Data is where nothing can part it from its name; the strict mode syncs metadata too. Links and devices have nothing to sync.
    private Errno Sync(Fd data) => Upper.Durability == Durability.Strict && data.IsOpen ? Syscall.FSync(data) : Errno.None;
}
