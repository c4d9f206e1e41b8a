using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// The last step: the copy takes its place in the upper, and the node finds it there.
internal sealed partial class CopyUp
{
    private Errno PublishFile(int slot, ReadOnlySpan<byte> temp, NodeFlags flags, uint lowerLinks)
    {
        ref var node = ref tree.Nodes[slot];
        var (where, name) = tree.DataOf(slot);
        if (lowerLinks < 2 || !node.Has(NodeFlags.Linked) || !tree.KeepsLinks(node.Type))
            return Publish(slot, temp, flags, where, name);

        // First into the index: from there on every name of the lower inode leads to this copy. It has two links then, this name and that of
        // the index; before the name is there, a daemon that dies leaves it among the temporary objects, and the index drops it.
        var index = Upper.Work.LinkIndex;
        var names = tree.Nodes.NamesOf(slot);
        var error = CountLinks(temp, (int)lowerLinks - 2);
        if (error == Errno.None) error = index.Add(Tree.IndexLayer(node.Inode), Tree.IndexInode(node.Inode), Upper.Work.Temp, temp);
        if (error != Errno.None) return error;
        error = Publish(slot, temp, flags | NodeFlags.Indexed, where, name);
        if (error != Errno.None)
        {
            _ = index.Remove(Tree.IndexLayer(node.Inode), Tree.IndexInode(node.Inode));
            return error;
        }
        foreach (var (parent, other) in names) _ = TryLinkName(slot, parent, other, gateHeld: true); // what fails is made up for when the name is next changed
        return Errno.None;
    }

    // Of a copy that has its mode already, which may not let its owner set a mark; nobody else has it yet.
    private Errno CountLinks(ReadOnlySpan<byte> temp, int difference)
    {
        var error = Upper.SetNlink(Upper.Work.Temp, temp, difference);
        if (error != Errno.ACCES || Syscall.StatAt(Upper.Work.Temp, temp, cached: false, out var status) != Errno.None) return error;
        error = Syscall.ChmodAt(Upper.Work.Temp, temp, WidenJournal.Wide(status.Mode & Mode.Permissions, status.Type));
        if (error == Errno.None) error = Upper.SetNlink(Upper.Work.Temp, temp, difference);
        return error != Errno.None ? error : Syscall.ChmodAt(Upper.Work.Temp, temp, status.Mode & Mode.Permissions);
    }

    /// <summary>A name that leads to an indexed copy through the index only gets its link in the upper. Nothing to do where it has one.</summary>
    public Errno LinkIndexed(int slot, int parent, ReadOnlySpan<byte> name)
    {
        var error = Directory(parent);
        if (error == Errno.None) error = TryLinkName(slot, parent, name, gateHeld: false);
        return error == Errno.EXIST ? Errno.None : error;
    }

    private Errno TryLinkName(int slot, int parent, ReadOnlySpan<byte> name, bool gateHeld)
    {
        var error = LinkNameAt(slot, parent, name, widened: false);
        if (error != Errno.ACCES || Upper.Credentials.IsRoot) return error;
        if (!gateHeld) tree.Gate.Enter(slot);
        error = Errno.AGAIN;
        if (tree.Gate.EnterAbove(parent, slot))
        {
            error = LinkNameAt(slot, parent, name, widened: true);
            tree.Gate.LeaveAbove(parent);
        }
        if (!gateHeld) tree.Gate.Leave(slot);
        return error;
    }

    // Widened: whichever of the directory and the object is in the way; the caller holds the gates of both.
    private Errno LinkNameAt(int slot, int parent, ReadOnlySpan<byte> name, bool widened)
    {
        tree.Locks.EnterWrite(parent);
        try
        {
            if (tree.Nodes.Find(parent, name, count: false) != slot || tree.Directory(parent).Upper is not { } upper) return Errno.NOENT;
            var error = upper.Enter(out var dir);
            if (error != Errno.None) return error;
            var widening = default(Widening);
            if (widened) error = Upper.BeginWide(parent, dir.Fd, upper.PathFromRoot(), out widening);
            var isWide = widened && error == Errno.None;
            if (error == Errno.ACCES) error = Errno.None;
            if (error == Errno.None)
            {
                var times = Syscall.StatAt(dir, "."u8, cached: false, out var status);
                if (Syscall.StatAt(dir, name, cached: false, out _) == Errno.None) error = Errno.EXIST; // the name it was published by
                if (error == Errno.None) error = Upper.LinkFromIndex(tree.Nodes[slot].Inode, dir, name, widened ? slot : 0);
                if (error == Errno.None && times == Errno.None) _ = Syscall.UtimensAt(dir, "."u8, status.AccessTime, status.ModifyTime);
                if (isWide) Upper.EndWide(dir.Fd, widening);
            }
            upper.Leave();
            return error;
        }
        finally
        {
            tree.Locks.LeaveWrite(parent);
        }
    }

    // A node that lost its name while it was copied goes to the orphans; its readers still have it.
    private Errno Publish(int slot, ReadOnlySpan<byte> temp, NodeFlags flags, LayerDirectory? data, byte[]? dataName)
    {
        Span<byte> name = stackalloc byte[Tree.NameSize];
        while (true)
        {
            if (!tree.Nodes.TryGetName(slot, name, out var length, out var parent))
            {
                var buried = Syscall.RenameAt2(Upper.Work.Temp, temp, Upper.Work.Orphans, Upper.OrphanName(tree.Nodes[slot].Id, name), RenameFlags.None);
                if (buried == Errno.None) tree.CopiedUp(slot, flags | NodeFlags.Orphan, data, dataName);
                return buried;
            }
            tree.Locks.EnterWrite(parent);
            try
            {
                if (!tree.Nodes.TryGetName(slot, name, out length, out var again) || again != parent) continue;
                var error = PublishAt(slot, temp, parent, name[..length], flags, data, dataName);
                if (error != Errno.ACCES || Upper.Credentials.IsRoot) return error;
            }
            finally
            {
                tree.Locks.LeaveWrite(parent);
            }
            if (PublishWidened(slot, temp, parent, flags, data, dataName) is var last and not Errno.AGAIN) return last;
        }
    }

    // Into a directory that its owner may not write: it is opened up for the moment. AGAIN: the node has another parent by now.
    private Errno PublishWidened(int slot, ReadOnlySpan<byte> temp, int parent, NodeFlags flags, LayerDirectory? data, byte[]? dataName)
    {
        Span<byte> name = stackalloc byte[Tree.NameSize];
        if (!tree.Gate.EnterAbove(parent, held: slot)) return Errno.AGAIN; // no chmod of the directory meanwhile
        tree.Locks.EnterWrite(parent);
        try
        {
            if (!tree.Nodes.TryGetName(slot, name, out var length, out var again) || again != parent) return Errno.AGAIN;
            if (tree.Directory(parent).Upper is not { } holder) return Errno.STALE;
            var error = holder.Enter(out var dir);
            if (error != Errno.None) return error;
            error = Upper.BeginWide(parent, dir.Fd, holder.PathFromRoot(), out var widening);
            if (error == Errno.None)
            {
                error = PublishAt(slot, temp, parent, name[..length], flags, data, dataName);
                Upper.EndWide(dir.Fd, widening);
            }
            holder.Leave();
            return error;
        }
        finally
        {
            tree.Locks.LeaveWrite(parent);
            tree.Gate.LeaveAbove(parent);
        }
    }

    // Under the write lock of the parent's names.
    private Errno PublishAt(int slot, ReadOnlySpan<byte> temp, int parent, ReadOnlySpan<byte> name, NodeFlags flags, LayerDirectory? data, byte[]? dataName)
    {
        var directory = tree.Directory(parent);
        if (directory.Upper is not { } holder) return Errno.STALE;
        var error = holder.Enter(out var dir);
        if (error != Errno.None) return error;
        try
        {
            // The union's directory does not change by a copy-up, so neither do its times.
            var times = Syscall.StatAt(dir, "."u8, cached: false, out var before);
            error = Syscall.StatAt(Upper.Work.Temp, temp, cached: false, out var status);
            if (error == Errno.None) error = tree.Inodes.CopiedUp(status, tree.Nodes[slot].Inode);
            if (error == Errno.None) error = Syscall.RenameAt2(Upper.Work.Temp, temp, dir, name, RenameFlags.NoReplace);
            if (error == Errno.INVAL) error = Syscall.RenameAt2(Upper.Work.Temp, temp, dir, name, RenameFlags.None); // no flags on this file system
            if (error == Errno.ACCES && status.IsDirectory) error = Upper.MoveWidened(slot, Upper.Work.Temp, temp, dir, name, RenameFlags.None, holder.PathFromRoot(name));
            if (error != Errno.None) return error;

            Upper.SetImpure(directory, dir);
            if (times == Errno.None) _ = Syscall.UtimensAt(dir, "."u8, before.AccessTime, before.ModifyTime);
            // The node before its directory: whoever sees that one in the upper goes on to change it where the node says it is.
            tree.CopiedUp(slot, flags, data, dataName);
            if (tree.Nodes[slot].State is UnionDirectory copied) copied.Upper = holder.Child(name, status.Inode, hasXattrWhiteouts: false);
            return Errno.None;
        }
        finally
        {
            holder.Leave();
        }
    }

    // The bytes of a metacopy come up in place, so that all its names and descriptors keep it; the mark goes last and commits. A cut is
    // made first: the bytes below count up to the size of the metacopy only.
    private Errno CompleteMetacopy(int slot, CopyUpReason reason, in Truncation change, out bool isCut)
    {
        isCut = false;
        var error = files.OpenObject(slot, out var fd);
        if (error != Errno.None) return error;

        error = Syscall.Stat(fd, out var status);
        var isPartial = false;
        if (error == Errno.None) error = ExtendMetacopy(slot, fd, status, reason, change, out isPartial);
        if (error == Errno.None && !isPartial)
        {
            Span<byte> capability = stackalloc byte[FileCapability.MaxLength];
            var hasCapability = Syscall.GetXattr(fd, FileCapability.Name, capability, out var capabilityLength) == Errno.None;
            isCut = reason == CopyUpReason.Truncate && change.Length < status.Size;
            var bytes = isCut ? change.Length : status.Size;
            if (isCut) error = DropPrivileges(slot, fd, status.Mode, change);
            if (error == Errno.None) error = bytes > 0 ? CopyBytes(slot, fd, bytes, isNew: false) : Syscall.Truncate(fd, 0);
            if (error == Errno.None && !isCut) Restore(fd, status, capability, hasCapability ? capabilityLength : 0);
            if (error == Errno.None && isCut && change.KeepsTime) _ = Syscall.Utimens(fd, status.AccessTime, status.ModifyTime);
            if (error == Errno.None) error = ClearMetacopy(slot, fd);
            if (error == Errno.None) tree.Nodes[slot].Set(NodeFlags.CopyUnsynced); // before anybody takes the bytes for the upper's
            if (error == Errno.None) tree.Nodes[slot].Clear(NodeFlags.Metacopy);
            else if (Upper.IsMetacopy(fd))
            {
                // Gives back the blocks, and the size of a cut; the bytes are read from below again. Never by way of size 0: who dies in between would leave
                // an empty file. Where no holes can be punched, bytes stay that are those below.
                _ = Syscall.Fallocate(fd, FallocateMode.PunchHole | FallocateMode.KeepSize, 0, (long)status.Size);
                _ = Syscall.Truncate(fd, (long)status.Size);
                Restore(fd, status, capability, hasCapability ? capabilityLength : 0);
            }
        }
        fd.Close();
        return error;
    }

    private Errno DropPrivileges(int slot, Fd fd, uint own, in Truncation change)
    {
        if (Upper.Overrides == OverrideForm.None) return change.ModeOf(own) == own ? Errno.None : Syscall.Chmod(fd, change.ModeOf(own) & Mode.Permissions);
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = tree.Enter(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place)
        {
            Upper.DropCapability(place.Dir, place.Name);
            error = Status(place, out var status);
            var mode = change.ModeOf(status.Mode);
            return error != Errno.None || mode == status.Mode ? error : Upper.SetOwnerAndMode(place.Dir, place.Name, uint.MaxValue, uint.MaxValue, mode);
        }
    }

    // Copying strips setuid and capabilities of the file and sets its time; nobody has written it yet.
    private static void Restore(Fd fd, in FileStatus status, ReadOnlySpan<byte> capability, int capabilityLength)
    {
        if (capabilityLength > 0) _ = Syscall.SetXattr(fd, FileCapability.Name, capability[..capabilityLength], XattrFlags.None);
        _ = Syscall.Chmod(fd, status.Mode & Mode.Permissions);
        _ = Syscall.Utimens(fd, status.AccessTime, status.ModifyTime);
    }

    private Errno ClearMetacopy(int slot, Fd fd)
    {
        var error = Upper.ClearMetacopy(fd);
        return error == Errno.ACCES ? Upper.WidenedFile(tree, slot, gateHeld: true, Upper.ClearMetacopy) : error;
    }
}
