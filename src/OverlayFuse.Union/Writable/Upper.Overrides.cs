using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Owner, mode and type of upper objects: their own, or those that a mark says (README.md, "On disk").
internal sealed partial class Upper
{
    public OverrideForm Overrides => layer.Overrides;

    /// <summary>
    /// Begins to keep owners in marks: the root gets the first one, and says by it that all others count. It says what the first lower root
    /// with a mark says, as fuse-overlayfs has it, or else what the upper directory is: the option alone changes nothing.
    /// </summary>
    /// <exception cref="MountException">The mark cannot be set.</exception>
    public void KeepOwnersIn(OverrideForm form, IEnumerable<Layer> lowers)
    {
        var error = layer.Root.Enter(out var root);
        FileStatus status = default;
        if (error == Errno.None)
        {
            error = Syscall.StatAt(root, "."u8, cached: false, out status);
            if (lowers.FirstOrDefault(lower => lower.Overrides != OverrideForm.None) is { } marked && error == Errno.None) error = StatusOfRoot(marked, out status);
            if (error == Errno.None) error = Union.Overrides.Store(form, root, "."u8, status);
            layer.Root.Leave();
        }
        if (error == Errno.None) layer.Overrides = form;
        else throw new MountException(error == Errno.PERM && form == OverrideForm.Privileged
            ? "cannot keep owners in attributes security.*: only root can set them. Say xattr_permissions=2."
            : $"cannot keep owners in extended attributes of {Encoding.UTF8.GetString(layer.Path)} (xattr_permissions): {error.Describe()}. " +
                "The upper must be yours, on a file system that takes such attributes.");
    }

    /// <summary>What an object of the upper is to be seen as.</summary>
    public Errno Status(DirFd dir, ReadOnlySpan<byte> name, out FileStatus status)
    {
        var error = Syscall.StatAt(dir, name, cached: false, out status);
        return error != Errno.None ? error : Union.Overrides.Show(Overrides, dir, name, ref status);
    }

    /// <summary>Makes what stands for an object of any type but a directory: itself, or where marks say the type, a file; a symbolic link has its target in it.</summary>
    public Errno MakeObject(DirFd dir, ReadOnlySpan<byte> name, in NewObject wanted, uint mode)
    {
        if (Overrides == OverrideForm.None)
        {
            return wanted.Type == FileType.Symlink
                ? Syscall.SymlinkAt(wanted.Target, dir, name)
                : Syscall.MknodAt(dir, name, (uint)wanted.Type | mode, wanted.Major, wanted.Minor);
        }
        if (wanted.Type != FileType.Symlink) return Syscall.MknodAt(dir, name, (uint)FileType.Regular | mode, 0, 0);

        var error = Syscall.OpenAt(dir, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode, out var file);
        if (error != Errno.None) return error;
        error = Syscall.PWrite(file, wanted.Target, 0, out _);
        file.Close();
        return error;
    }

    /// <summary>Of an object being made: its owner. To be followed by <see cref="GiveMode"/>, which is what marks it.</summary>
    public Errno GiveOwner(DirFd dir, ReadOnlySpan<byte> name, uint uid, uint gid) => Overrides == OverrideForm.None ? Chown(dir, name, uid, gid) : Errno.None;

    /// <summary>Of an object being made: its mode, or the mark that says that and all the rest.</summary>
    public Errno GiveMode(DirFd dir, ReadOnlySpan<byte> name, in FileStatus shown)
    {
        if (Overrides == OverrideForm.None) return shown.Type == FileType.Symlink ? Errno.None : Syscall.ChmodAt(dir, name, shown.Mode & Mode.Permissions);
        var error = Syscall.ChmodAt(dir, name, Union.Overrides.BackingMode);
        return error != Errno.None ? error : Union.Overrides.Store(Overrides, dir, name, shown);
    }

    /// <summary>chown(2), <see cref="uint.MaxValue"/> for an id that stays, and then chmod(2), null for a mode that does.</summary>
    public Errno SetOwnerAndMode(DirFd dir, ReadOnlySpan<byte> name, uint uid, uint gid, uint? mode)
    {
        var isGiven = uid != uint.MaxValue || gid != uint.MaxValue;
        FileStatus status = default;
        var error = Overrides != OverrideForm.None ? Syscall.StatAt(dir, name, cached: false, out status) : Errno.None;
        if (error != Errno.None) return error;
        if (!Union.Overrides.MayCarry(Overrides, status))
        {
            if (isGiven) error = Chown(dir, name, uid, gid);
            return error == Errno.None && mode is { } own ? Syscall.ChmodAt(dir, name, own & Mode.Permissions) : error;
        }

        error = Union.Overrides.Show(Overrides, dir, name, ref status);
        if (error != Errno.None) return error;
        if (uid != uint.MaxValue) status.Uid = uid;
        if (gid != uint.MaxValue) status.Gid = gid;
        if (isGiven && !status.IsDirectory)
        {
            // As chown(2) does with what the file has itself.
            status.Mode = Mode.WithoutPrivileges(status.Mode);
            DropCapability(dir, name);
        }
        if (mode is { } kept) status.Mode = (status.Mode & Mode.TypeMask) | (kept & Mode.Permissions);
        error = Union.Overrides.Store(Overrides, dir, name, status);
        if (error != Errno.ACCES) return error;

        // Made by another program, in a mode that means nothing here.
        error = Syscall.ChmodAt(dir, name, Union.Overrides.BackingMode);
        return error != Errno.None ? error : Union.Overrides.Store(Overrides, dir, name, status);
    }

    /// <summary>Takes a file capability that is kept beside the mark, as a change of owner or bytes does with one that the file has itself.</summary>
    public void DropCapability(DirFd dir, ReadOnlySpan<byte> name)
    {
        if (Overrides == OverrideForm.Containers) _ = Syscall.RemoveXattrAt(dir, name, OverrideNames.Capability);
    }

    private static Errno StatusOfRoot(Layer of, out FileStatus status)
    {
        status = default;
        var error = of.Root.Enter(out var root);
        if (error != Errno.None) return error;
        error = Syscall.StatAt(root, "."u8, cached: true, out status);
        if (error == Errno.None) error = Union.Overrides.Show(of.Overrides, root, "."u8, ref status);
        of.Root.Leave();
        return error;
    }
}
