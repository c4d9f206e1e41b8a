using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Makes objects in the upper. Where the system call by itself gives owner, mode and ACL, the object is made in place; else it
/// is built in the work directory and moved in whole, over a whiteout if there is one.
/// </summary>
internal sealed class Creator(Tree tree)
{
    private Upper Upper => tree.Upper!;

    /// <summary>Makes an object under a free name, under the write lock of the directory's names. Regular files come open for reading and writing.</summary>
    public Errno Make(in Request request, UnionDirectory directory, ReadOnlySpan<byte> name, in NewObject wanted, out FileStatus status, out Fd fd)
    {
        status = default;
        fd = Fd.None;
        var holder = directory.Upper!;
        var error = holder.Enter(out var dir);
        if (error != Errno.None) return error;
        try
        {
            error = Prepare(request, directory, dir, out var owner, out var isOwn);
            if (error != Errno.None) return error;
            var mode = directory.HasDefaultAcl == true ? wanted.Mode : wanted.Mode & ~wanted.Umask;

            error = isOwn ? MakeAt(dir, name, wanted, mode, out fd) : Errno.EXIST;
            if (error == Errno.EXIST) error = MakeAside(directory, dir, name, wanted, owner, mode, out fd);
            if (error == Errno.None) Upper.RemoveOciWhiteout(dir, name, wanted.Type == FileType.Directory);
            return error != Errno.None ? error : Upper.Status(dir, name, out status);
        }
        finally
        {
            holder.Leave();
        }
    }

    /// <summary>O_TMPFILE: a regular file that has no name but in the orphans directory.</summary>
    public Errno MakeNameless(in Request request, UnionDirectory directory, in NewObject wanted, ReadOnlySpan<byte> temp, out FileStatus status, out Fd fd)
    {
        status = default;
        fd = Fd.None;
        var holder = directory.Upper!;
        var error = holder.Enter(out var dir);
        if (error != Errno.None) return error;
        try
        {
            error = Prepare(request, directory, dir, out var owner, out _);
            if (error != Errno.None) return error;
            var mode = directory.HasDefaultAcl == true ? wanted.Mode : wanted.Mode & ~wanted.Umask;
            error = Build(directory, dir, temp, wanted, owner, mode, overWhiteout: false, out fd);
            return error != Errno.None ? error : Upper.Status(Upper.Work.Temp, temp, out status);
        }
        finally
        {
            holder.Leave();
        }
    }

    // Whose the object will be, and whether the daemon's own call would make it so.
    private Errno Prepare(in Request request, UnionDirectory directory, DirFd dir, out Ownership owner, out bool isOwn)
    {
        isOwn = false;
        owner = default;
        var error = Upper.Status(dir, "."u8, out var parent);
        if (error != Errno.None) return error;
        error = Ownership.Of(request, parent, tree.Owners, out owner);
        if (error != Errno.None) return error;

        var credentials = Upper.Credentials;
        isOwn = Upper.Overrides == OverrideForm.None && owner.Uid == credentials.Uid && (owner.InheritsGroup || owner.Gid == credentials.Gid);
        directory.HasDefaultAcl ??= Syscall.GetXattrAt(dir, "."u8, Acl.DefaultName, [], out var length) == Errno.None && length > 0;
        return isOwn ? Errno.None : credentials.MayOwn(owner.Uid, owner.Gid);
    }

    private Errno MakeAt(DirFd dir, ReadOnlySpan<byte> name, in NewObject wanted, uint mode, out Fd fd)
    {
        fd = Fd.None;
        return wanted.Type switch
        {
            FileType.Regular => Syscall.OpenAt(dir, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode, out fd),
            FileType.Directory => Syscall.MkdirAt(dir, name, mode),
            _ => Upper.MakeObject(dir, name, wanted, mode),
        };
    }

    private Errno MakeAside(UnionDirectory directory, DirFd dir, ReadOnlySpan<byte> name, in NewObject wanted, in Ownership owner, uint mode, out Fd fd)
    {
        fd = Fd.None;
        var overWhiteout = false;
        if (directory.Lowers.Length > 0 || Syscall.StatAt(dir, name, cached: false, out _) == Errno.None)
        {
            var asked = LayerProbe.Ask(directory.Upper!, name, isLast: true, out var there);
            if (asked != Errno.None) return asked;
            if (there.Kind is EntryKind.Directory or EntryKind.File) return Errno.EXIST;
            overWhiteout = there.Kind == EntryKind.Whiteout;
        }

        Span<byte> buffer = stackalloc byte[Upper.WorkNameSize];
        var temp = Upper.TempName(buffer);
        var error = Build(directory, dir, temp, wanted, owner, mode, overWhiteout, out fd);
        if (error == Errno.None) error = MoveIn(directory.Upper!, temp, dir, name, overWhiteout, wanted.Type == FileType.Directory);
        if (error == Errno.None) return Errno.None;

        fd.Close();
        fd = Fd.None;
        Upper.RemoveTree(Upper.Work.Temp, temp);
        return error;
    }

    private Errno MoveIn(LayerDirectory parent, ReadOnlySpan<byte> temp, DirFd dir, ReadOnlySpan<byte> name, bool overWhiteout, bool isDirectory)
    {
        var work = Upper.Work.Temp;
        if (!overWhiteout)
        {
            var moved = Syscall.RenameAt2(work, temp, dir, name, RenameFlags.NoReplace);
            if (moved == Errno.INVAL) moved = Syscall.RenameAt2(work, temp, dir, name, RenameFlags.None);
            return moved == Errno.ACCES && isDirectory ? Upper.MoveWidened(0, work, temp, dir, name, RenameFlags.None, parent.PathFromRoot(name)) : moved;
        }
        if (!isDirectory) return Syscall.RenameAt2(work, temp, dir, name, RenameFlags.None);

        var error = Syscall.RenameAt2(work, temp, dir, name, RenameFlags.Exchange);
        if (error == Errno.ACCES) error = Upper.MoveWidened(0, work, temp, dir, name, RenameFlags.Exchange, parent.PathFromRoot(name));
        if (error == Errno.None) _ = Syscall.UnlinkAt(work, temp); // the whiteout
        return error;
    }

    // The opaque mark before the mode, which may forbid it. The mode after the owner (chown clears setuid), the ACL after the mode (chmod rewrites its mask).
    private Errno Build(UnionDirectory directory, DirFd dir, ReadOnlySpan<byte> temp, in NewObject wanted, in Ownership owner, uint mode, bool overWhiteout, out Fd fd)
    {
        var work = Upper.Work.Temp;
        var error = MakeAt(work, temp, wanted, wanted.Type == FileType.Directory ? Mode.OwnerAll : Mode.OwnerReadWrite, out fd);
        if (error == Errno.None && overWhiteout && wanted.Type == FileType.Directory) error = Upper.SetOpaque(work, temp);
        if (error == Errno.None) error = Upper.GiveOwner(work, temp, owner.Uid, owner.Gid);
        if (error != Errno.None) return error;

        var shown = new FileStatus { Uid = owner.Uid, Gid = owner.Gid, RdevMajor = wanted.Major, RdevMinor = wanted.Minor, Mode = (uint)wanted.Type | (mode & Mode.Permissions) };
        if (wanted.Type == FileType.Symlink) return Upper.GiveMode(work, temp, shown);
        mode = owner.ModeOf(wanted.Type, mode);
        Span<byte> acl = stackalloc byte[Acl.Largest];
        Span<byte> access = stackalloc byte[Acl.Largest];
        var accessLength = 0;
        var aclLength = 0;
        if (directory.HasDefaultAcl == true)
        {
            error = Syscall.GetXattrAt(dir, "."u8, Acl.DefaultName, acl, out aclLength);
            if (error == Errno.None) error = Acl.Inherit(acl[..aclLength], mode, access, out accessLength, out mode);
        }
        shown.Mode = (uint)wanted.Type | (mode & Mode.Permissions);
        if (error == Errno.None) error = Upper.GiveMode(work, temp, shown);
        if (error == Errno.None && accessLength > 0 && Upper.Overrides != OverrideForm.None) error = Acl.Chmod(access[..accessLength], Overrides.BackingMode);
        if (error == Errno.None && accessLength > 0) error = Syscall.SetXattrAt(work, temp, Acl.AccessName, access[..accessLength], XattrFlags.None);
        if (error == Errno.None && aclLength > 0 && wanted.Type == FileType.Directory) error = Syscall.SetXattrAt(work, temp, Acl.DefaultName, acl[..aclLength], XattrFlags.None);
        return error;
    }
}
