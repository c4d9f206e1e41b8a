using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Attributes: getattr, statx, setattr, statfs.
public sealed partial class UnionFileSystem
{
    private static readonly TimeSpan ModePatience = TimeSpan.FromMilliseconds(100);

    public override Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
    {
        attributes = default;
        timeout = _attributesTimeout;
        var error = _tree.Find(node, out var slot);

        // Only write(2) asks by the open file (fuse_cache_write_iter), and hands on what we say; fstat(2) asks by the node.
        if (error == Errno.None && handle is not null) error = _failedWrites.Take(node, Environment.TickCount64);
        if (error != Errno.None) return error;
        error = _tree.Status(slot, out var status);
        if (error == Errno.None) attributes = _tree.AttributesOf(slot, status);
        return error;
    }

    public override Errno Statx(in Request request, NodeId node, ulong? handle, uint mask, out ExtendedAttributes attributes)
    {
        attributes = default;
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;
        error = _tree.Status(slot, out var status);
        if (error != Errno.None) return error;
        attributes = new ExtendedAttributes
        {
            Attributes = _tree.AttributesOf(slot, status),
            Timeout = _attributesTimeout,
            HasBirthTime = status.HasBirthTime,
            BirthTime = status.BirthTime,
        };
        return Errno.None;
    }

    public override Errno SetAttributes(in Request request, NodeId node, in SetAttributes change, out Attributes attributes, out TimeSpan timeout)
    {
        attributes = default;
        timeout = _attributesTimeout;
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;

        if (change.Has(SetAttributesMask.Size))
        {
            // With the writeback cache the kernel keeps the time by itself and sends it along when the size changed. It takes none from us: a different one
            // in the upper would come to light when the kernel forgets the file (tried on 6.18).
            var keepTime = _writeback is not null && !change.Has(SetAttributesMask.ModifyTime);
            error = SetSize(slot, change.Size, change.Has(SetAttributesMask.KillSuidGid), keepTime);
        }
        const SetAttributesMask Metadata = SetAttributesMask.Mode | SetAttributesMask.Uid | SetAttributesMask.Gid | SetAttributesMask.AccessTime
            | SetAttributesMask.ModifyTime | SetAttributesMask.AccessTimeNow | SetAttributesMask.ModifyTimeNow;
        FileStatus status = default;
        var isSame = error == Errno.None && (change.Valid & Metadata) == SetAttributesMask.ModifyTime && IsSameTime(slot, change.ModifyTime, out status);
        if (error == Errno.None && change.Has(Metadata) && !isSame) error = SetMetadata(slot, change);
        if (error == Errno.None && !change.Has(Metadata | SetAttributesMask.Size)) error = DropPrivileges(request, slot, change.Has(SetAttributesMask.ChangeTime));
        if (error == Errno.None && !isSame) error = _tree.Status(slot, out status);
        if (error == Errno.None) attributes = _tree.AttributesOf(slot, status);
        return error;
    }

    // The writeback cache sends the time of modification along when only that of change is new, as for each file removed: that must not
    // copy it up, and of what has no name any more need not be written.
    private bool IsSameTime(int slot, Timestamp time, out FileStatus status)
    {
        status = default;
        var flags = _tree.Nodes[slot].Flags;
        if ((flags & NodeFlags.Upper) != 0 && (flags & (NodeFlags.Orphan | NodeFlags.Held)) == 0) return false;
        using (_files.StripeOf(slot).Enter())
        {
            if (_tree.Nodes[slot].State is OpenFile file) file.SetModifyTime(time); // somebody may be writing back
        }
        return _tree.Status(slot, out status) == Errno.None && status.ModifyTime == time;
    }

    public override Errno StatFs(in Request request, NodeId node, out FileSystemStatus status)
    {
        status = default;
        var top = _tree.RootDirectory.Top;
        var error = top.Enter(out var dir);
        if (error != Errno.None) return error;
        error = Syscall.StatFs(dir.Fd, out status);
        top.Leave();
        return error;
    }

    private Errno SetSize(int slot, ulong size, bool killSuidGid, bool keepTime = false)
    {
        var error = _copyUp.ForTruncate(slot, new Truncation(size, keepTime, killSuidGid), out var isDone);
        if (error != Errno.None) return error;
        if (isDone)
        {
            if (killSuidGid) TellMode(slot);
            return Errno.None;
        }
        if (killSuidGid) error = KillSuidGid(slot);
        if (error != Errno.None) return error;
        error = _files.Enter(slot, write: true, out var file);
        if (error != Errno.None) return error;
        FileStatus before = default;
        DropKeptCapability(slot);
        if (keepTime) error = Syscall.Stat(file.Fd, out before);
        if (error == Errno.None) error = file.Truncate(size);
        if (error == Errno.None && keepTime) _ = Syscall.Utimens(file.Fd, Timestamp.Omit, before.ModifyTime);
        else if (file.Partial is not null) file.Written();
        file.Leave();
        return error;
    }

    // The owner before the mode: chown(2) clears setuid and setgid, and a mode asked for in the same call is meant to stay.
    private Errno SetMetadata(int slot, in SetAttributes change)
    {
        var isPrivileged = change.Has(SetAttributesMask.Mode) && (change.Mode & (Mode.SetUid | Mode.SetGid)) != 0 && Upper is { Credentials.IsRoot: false };
        var error = isPrivileged && _tree.Nodes[slot].Type == FileType.Regular ? _copyUp.Whole(slot) : _copyUp.Metadata(slot);
        if (error != Errno.None) return error;

        var gated = EnterToChangeMode(slot);
        try
        {
            Span<byte> buffer = stackalloc byte[Tree.NameSize];
            error = _tree.Enter(slot, buffer, out var place);
            if (error != Errno.None) return error;
            using (place) error = Set(place, slot, change);
            if (error != Errno.ACCES) return error;
            var again = change;
            return Upper!.InShutDirectory(_tree, slot, gateHeld: true, where => Set(where, slot, again));
        }
        finally
        {
            if (gated) _tree.Gate.Leave(slot);
        }
    }

    // Who restores a mode must not undo a change of it. An ordinary user's daemon may be widening this one just now; and any daemon that brings up the
    // bytes of a metacopy gives it back its mode, capability and times. The object is in the upper: from then on the flag only goes, under the gate and when
    // all is restored, so that it cannot be missed.
    private bool EnterToChangeMode(int slot)
    {
        if (Upper!.Credentials.IsRoot && !_tree.Nodes[slot].Has(NodeFlags.Metacopy)) return false;
        _tree.Gate.Enter(slot);
        return true;
    }

    private Errno Set(in Place place, int slot, in SetAttributes change)
    {
        if (!place.IsUpper) return Errno.STALE; // never a layer
        var error = Errno.None;
        if (change.Has(SetAttributesMask.Uid | SetAttributesMask.Gid | SetAttributesMask.Mode))
        {
            var uid = change.Has(SetAttributesMask.Uid) ? change.Uid : uint.MaxValue;
            var gid = change.Has(SetAttributesMask.Gid) ? change.Gid : uint.MaxValue;
            uint? mode = change.Has(SetAttributesMask.Mode) ? change.Mode : null;
            error = mode is not null && _tree.Nodes[slot].Type == FileType.Symlink ? Errno.NOTSUP : _tree.Owners.StoreSome(ref uid, ref gid);
            if (error == Errno.None) error = SetOwnerAndMode(place, slot, uid, gid, mode);
        }
        if (error == Errno.None && change.Has(SetAttributesMask.AccessTime | SetAttributesMask.ModifyTime))
        {
            // Both at once: a write-back that began before and ends between the two would set the old time again.
            using (_files.StripeOf(slot).Enter())
            {
                error = Syscall.UtimensAt(place.Dir, place.Name,
                    change.Has(SetAttributesMask.AccessTime) ? change.AccessTime : Timestamp.Omit,
                    change.Has(SetAttributesMask.ModifyTime) ? change.ModifyTime : Timestamp.Omit);
                if (change.Has(SetAttributesMask.ModifyTime) && _tree.Nodes[slot].State is OpenFile file) file.SetModifyTime(change.ModifyTime);
            }
        }
        return error;
    }

    // Both at once, as the times above: what is being written back must keep the new mode and not the old. Where marks say owner and mode,
    // writing takes none of them away, and the file that carries them must never get any.
    private Errno SetOwnerAndMode(in Place place, int slot, uint uid, uint gid, uint? mode)
    {
        using (_files.StripeOf(slot).Enter())
        {
            var error = Upper!.SetOwnerAndMode(place.Dir, place.Name, uid, gid, mode);
            if (error != Errno.None || Upper.Overrides != OverrideForm.None || _tree.Nodes[slot].State is not OpenFile file) return error;
            if (mode is not null || uid != uint.MaxValue || gid != uint.MaxValue) file.SetMode(mode ?? 0);
            if (uid != uint.MaxValue || gid != uint.MaxValue) file.SetCapability([]);
            return Errno.None;
        }
    }

    // While a file is written back it lacks them for a moment: then the mode on disk does not tell.
    private void ForgetPrivileges(int slot)
    {
        using (_files.StripeOf(slot).Enter())
        {
            if (_tree.Nodes[slot].State is OpenFile file) file.SetMode(0);
        }
    }

    // HANDLE_KILLPRIV_V2: a request that changes nothing is all the kernel says when fallocate, copy_file_range, a write in passthrough or
    // a chown to the same owner take setuid and setgid. A write to a file with a capability says the same after it has removed that; then
    // who has CAP_FSETID keeps the bits. (A chown that the kernel dates itself is known by its time.)
    private Errno DropPrivileges(in Request request, int slot, bool isDated)
    {
        var capabilityRemoved = _tree.Nodes[slot].Has(NodeFlags.CapabilityRemoved);
        _tree.Nodes[slot].Clear(NodeFlags.CapabilityRemoved);
        var error = _tree.Status(slot, out var status);
        if (error != Errno.None || status.IsDirectory) return error;
        if (capabilityRemoved && !isDated && Caller.Has(request.Pid, Caller.FSetId)) return Errno.None;
        if (Mode.WithoutPrivileges(status.Mode) != status.Mode && IsChown(slot, status, isDated) && !MayChangeMode(request, status)) return Errno.PERM;
        ForgetPrivileges(slot);
        if ((status.Mode & (Mode.SetUid | Mode.SetGid)) == 0) return Errno.None;
        error = _copyUp.Metadata(slot);
        return error != Errno.None ? error : KillSuidGid(slot);
    }

    // FUSE lets anybody chown anything to the owner it has, where other file systems ask for the right to change the mode: else every user could
    // disarm a setuid program. A request without a date may come from one who writes, too: who may write, or is known to have it open.
    private bool IsChown(int slot, in FileStatus status, bool isDated) => isDated || status.Type != FileType.Regular
        || (_writeback is null && (status.Mode & Mode.GroupOrOthersWrite) == 0 && _passthrough?.IsWritten(slot) != true);

    private bool MayChangeMode(in Request request, in FileStatus status) =>
        Caller.UidOf(request) == _tree.Owners.ShowUid(status.Uid) || Caller.Has(request.Pid, Caller.FOwner);

    // HANDLE_KILLPRIV_V2: a write by somebody without CAP_FSETID takes setuid, and setgid where the group may execute. The capability
    // attribute goes with the write itself. To be called before it, as the kernel does: a file with new bytes and the old rights must never be.
    private Errno KillSuidGid(int slot)
    {
        ForgetPrivileges(slot);
        var error = _tree.Status(slot, out var status);
        if (error != Errno.None) return error;
        var mode = Mode.WithoutPrivileges(status.Mode);
        if (mode == status.Mode) return Errno.None;
        error = SetMetadata(slot, new SetAttributes { Valid = SetAttributesMask.Mode, Mode = mode });
        if (error == Errno.None) TellMode(slot);
        return error;
    }

    // The kernel says nothing of it when it truncates with the open.
    private void DropKeptCapability(int slot)
    {
        if (Upper!.Overrides != OverrideForm.Containers) return;
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        if (_tree.Enter(slot, buffer, out var place) != Errno.None) return;
        using (place) Upper.DropCapability(place.Dir, place.Name);
    }

    private void TellMode(int slot)
    {
        // The kernel takes a write to change size and times only, and would go on to execute the file with the old mode (tried on 6.18).
        // Attributes alone are dropped without any lock; the time is limited for the sake of what stands before it in the queue.
        _notifier?.InvalidateInode(new NodeId(_tree.Nodes[slot].Id), offset: -1);
        _notifier?.Wait(ModePatience);
    }
}
