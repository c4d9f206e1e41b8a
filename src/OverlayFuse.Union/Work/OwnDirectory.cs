using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Directories that belong to the mounter and that nobody else needs to enter.</summary>
internal static class OwnDirectory
{
    /// <summary>rwx for the owner.</summary>
    public const uint Private = Mode.OwnerAll;

    private const OpenFlags Readable = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>Opens a directory for listing and change; one whose mode shuts its own owner out is opened up first.</summary>
    /// <remarks>Kernel overlayfs leaves WORKDIR/work with mode 0, and copies under way may have any mode; only root passes regardless.</remarks>
    public static Errno Open(DirFd parent, ReadOnlySpan<byte> name, out DirFd directory)
    {
        directory = DirFd.None;
        var error = Syscall.OpenAt(parent, name, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var path);
        if (error != Errno.None) return error;

        error = Syscall.Stat(path, out var status);
        if (error == Errno.None && (status.Mode & Private) != Private) error = Syscall.Chmod(path, (status.Mode & Mode.Permissions) | Private);
        Fd readable = Fd.None;
        if (error == Errno.None) error = Syscall.OpenAt(new DirFd(path.Number), "."u8, Readable, 0, out readable);
        path.Close();
        directory = new DirFd(readable.Number);
        return error;
    }

    /// <summary>Opens a directory, made before if there is none.</summary>
    public static Errno Make(DirFd parent, ReadOnlySpan<byte> name, out DirFd directory)
    {
        directory = DirFd.None;
        var error = Syscall.MkdirAt(parent, name, Private);
        if (error == Errno.EXIST) return Open(parent, name, out directory);
        if (error != Errno.None) return error;
        error = Syscall.OpenAt(parent, name, Readable, 0, out var made);
        directory = new DirFd(made.Number);
        return error;
    }

    /// <summary>As <see cref="Make"/>, and takes away what the parent passed on: what is built inside must not inherit an ACL or a group from here.</summary>
    public static Errno MakePlain(DirFd parent, ReadOnlySpan<byte> name, out DirFd directory)
    {
        var error = Make(parent, name, out directory);
        if (error == Errno.None) error = Drop(directory, Acl.DefaultName);
        if (error == Errno.None) error = Drop(directory, Acl.AccessName);

        // After the ACL: while there is one, the group bits are its mask.
        var status = default(FileStatus);
        if (error == Errno.None) error = Syscall.Stat(directory.Fd, out status);
        if (error == Errno.None && (status.Mode & Mode.Permissions) != Private) error = Syscall.Chmod(directory.Fd, Private);
        if (error != Errno.None)
        {
            directory.Close();
            directory = DirFd.None;
        }
        return error;
    }

    private static Errno Drop(DirFd directory, ReadOnlySpan<byte> attribute)
    {
        // Looked for first: btrfs wants room for a removal even when there is nothing to remove, and a full quota has none.
        var error = Syscall.GetXattrAt(directory, "."u8, attribute, [], out _);
        if (error == Errno.None) error = Syscall.RemoveXattr(directory.Fd, attribute);
        return error is Errno.NODATA or Errno.NOTSUP ? Errno.None : error;
    }
}
