using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// New objects: create, tmpfile, mknod, mkdir, symlink, link.
public sealed partial class UnionFileSystem
{
    public override Errno Create(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
    {
        (entry, reply) = (default, default);
        if (_passthrough is null) return Errno.NOSYS; // from now on by MKNOD: what was not opened here need not be released, which saves a request

        var wanted = new NewObject { Type = FileType.Regular, Mode = mode & Mode.Permissions, Umask = umask };
        var error = Make(request, parent, name, wanted, out entry, out var slot, out var fd);
        if (error == Errno.None) reply = Opened(slot, fd, flags);
        return error;
    }

    public override Errno TmpFile(in Request request, NodeId parent, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
    {
        entry = default;
        reply = default;
        var error = PrepareParent(parent, out _, out var directory);
        if (error != Errno.None) return error;

        Span<byte> buffer = stackalloc byte[Upper.WorkNameSize];
        Span<byte> orphan = stackalloc byte[Upper.WorkNameSize];
        var temp = Upper!.TempName(buffer);
        var wanted = new NewObject { Type = FileType.Regular, Mode = mode & Mode.Permissions, Umask = umask };
        error = _creator.MakeNameless(request, directory, wanted, temp, out var status, out var fd);
        var slot = 0;
        if (error == Errno.None)
        {
            slot = _tree.Nodes.AddNameless(new Node { Type = FileType.Regular, Flags = NodeFlags.Upper | NodeFlags.DataKnown, Inode = _tree.Inodes.NumberOf(Upper.Layer, status) });
            error = Syscall.RenameAt2(Upper.Work.Temp, temp, Upper.Work.Orphans, Upper.OrphanName(_tree.Nodes[slot].Id, orphan), RenameFlags.None);
            if (error == Errno.None) _tree.Nodes[slot].Set(NodeFlags.Orphan);
            else _tree.Nodes.Forget(slot, 1);
        }
        if (error != Errno.None)
        {
            fd.Close();
            _ = Syscall.UnlinkAt(Upper.Work.Temp, temp);
            return error;
        }
        reply = Opened(slot, fd, flags);
        error = EntryOf(slot, out entry);
        HaveTimesTold(ref entry);
        return error;
    }

    public override Errno Mknod(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, uint device, out Entry entry)
    {
        var (major, minor) = DeviceNumber.Decode(device);
        var type = Mode.TypeOf(mode);
        if (type == FileType.None) type = FileType.Regular;
        if (type == FileType.CharDevice && device == 0)
        {
            entry = default;
            return Errno.PERM; // it would be a whiteout
        }
        var wanted = new NewObject { Type = type, Mode = mode & Mode.Permissions, Umask = umask, Major = major, Minor = minor };
        var error = Make(request, parent, name, wanted, out entry, out var slot, out var fd);
        if (error == Errno.None && fd.IsOpen) _files.Adopt(slot, fd); // its maker may be about to write
        else fd.Close();
        if (type == FileType.Regular) HaveTimesTold(ref entry);
        return error;
    }

    public override Errno Mkdir(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, out Entry entry) =>
        Make(request, parent, name, new NewObject { Type = FileType.Directory, Mode = mode & Mode.Permissions, Umask = umask }, out entry, out _, out _);

    public override Errno Symlink(in Request request, NodeId parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, out Entry entry) =>
        Make(request, parent, name, new NewObject { Type = FileType.Symlink, Mode = Mode.All, Target = target }, out entry, out _, out _);

    public override Errno Link(in Request request, NodeId node, NodeId newParent, ReadOnlySpan<byte> newName, out Entry entry)
    {
        entry = default;
        var error = Refuse(newName);
        if (error != Errno.None) return error;
        error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;
        error = _copyUp.MayCopy(slot);
        if (error != Errno.None) return error;
        error = PrepareParent(newParent, out var parent, out var directory);
        if (error == Errno.None) error = CopyUpForNewName(slot);
        if (error != Errno.None) return error;

        // The object by descriptor, opened before the new directory's names are locked: those of its own need a lock too.
        error = OpenPath(slot, out var source);
        if (error != Errno.None) return error;
        _tree.Locks.EnterWrite(parent);
        try
        {
            error = LinkNamed(source, directory, newName);
            if (error != Errno.None) return error;
            _tree.Nodes.AddName(slot, parent, newName);
            if (_tree.Nodes[slot].Has(NodeFlags.Orphan)) LeaveOrphans(slot);
            directory.NameAdded(newName);
        }
        finally
        {
            _tree.Locks.LeaveWrite(parent);
            source.Close();
        }
        _tree.Nodes.Remember(slot);
        return EntryOf(slot, out entry);
    }

    private Errno Make(in Request request, NodeId parentId, ReadOnlySpan<byte> name, in NewObject wanted, out Entry entry, out int slot, out Fd fd)
    {
        entry = default;
        slot = 0;
        fd = Fd.None;
        var error = Refuse(name);
        if (error != Errno.None) return error;
        error = PrepareParent(parentId, out var parent, out var directory);
        if (error != Errno.None) return error;

        _tree.Locks.EnterWrite(parent);
        try
        {
            if (_tree.Nodes.Find(parent, name, count: false) != 0) return Errno.EXIST;
            error = _creator.Make(request, directory, name, wanted, out var status, out fd);
            if (error != Errno.None) return error;
            slot = _tree.Made(parent, name, status);
            directory.NameAdded(name);
            entry = EntryOf(slot, status);
            return Errno.None;
        }
        finally
        {
            _tree.Locks.LeaveWrite(parent);
        }
    }

    // If we die, close(2) reports a failed write-back only when the kernel also has times to send. A file written within the clock tick of its creation
    // has none, so we report a ctime one nanosecond off.
    private void HaveTimesTold(ref Entry entry)
    {
        if (_writeback is not null) entry.Attributes.ChangeNanoseconds ^= 1;
    }

    // The directory, in the upper, for a change of its names.
    private Errno PrepareParent(NodeId parentId, out int parent, out UnionDirectory directory)
    {
        var error = _tree.FindDirectory(parentId, out parent, out directory);
        if (error != Errno.None) return error;
        if (Upper is null) return Errno.ROFS;
        if (_tree.Nodes[parent].Has(NodeFlags.Orphan | NodeFlags.Removed)) return Errno.NOENT;
        return _copyUp.Directory(parent);
    }

    // A descriptor that may write whatever the mode says, for as long as it is kept.
    private OpenReply Opened(int slot, Fd fd, OpenFlags flags)
    {
        _files.Adopt(slot, fd);
        return _passthrough?.Open(slot, MayPassThrough(slot, flags), writes: true, ref _tree.Nodes[slot])
            ?? new OpenReply { Flags = OpenReplyFlags.KeepCache };
    }

    private Errno LinkNamed(Fd source, UnionDirectory directory, ReadOnlySpan<byte> newName)
    {
        Span<byte> buffer = stackalloc byte[Upper.WorkNameSize];
        var error = directory.Upper!.Enter(out var dir);
        if (error != Errno.None) return error;
        error = Syscall.LinkFd(source, dir, newName);
        if (error == Errno.EXIST && IsWhiteout(directory.Upper, newName))
        {
            var temp = Upper!.TempName(buffer);
            error = Syscall.LinkFd(source, Upper.Work.Orphans, temp); // what is complete: LinkIndex.DropUnpublished takes the others for half made
            if (error == Errno.None) error = Syscall.RenameAt2(Upper.Work.Orphans, temp, dir, newName, RenameFlags.None);
            if (error != Errno.None) _ = Syscall.UnlinkAt(Upper.Work.Orphans, temp);
        }
        if (error == Errno.None) Upper!.RemoveOciWhiteout(dir, newName, isDirectory: false);
        directory.Upper.Leave();
        return error;
    }

    // A file made with O_TMPFILE has its first name; the link it was kept by goes, once the node is found by the name.
    private void LeaveOrphans(int slot)
    {
        Span<byte> buffer = stackalloc byte[Upper.WorkNameSize];
        _tree.Nodes[slot].Clear(NodeFlags.Orphan);
        _ = Syscall.UnlinkAt(Upper!.Work.Orphans, Upper.OrphanName(_tree.Nodes[slot].Id, buffer));
    }

    private Errno OpenPath(int slot, out Fd fd)
    {
        fd = Fd.None;
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = _tree.Enter(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place) return Syscall.OpenAt(place.Dir, place.Name, OpenFlags.Path | OpenFlags.NoFollow, 0, out fd);
    }

    private static bool IsWhiteout(LayerDirectory upper, ReadOnlySpan<byte> name) =>
        LayerProbe.Ask(upper, name, isLast: true, out var entry) == Errno.None && entry.Kind == EntryKind.Whiteout;
}
