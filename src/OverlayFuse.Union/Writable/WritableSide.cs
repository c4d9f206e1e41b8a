using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Opens an upper with its work directory, and tries out what their file system can do.</summary>
internal static class WritableSide
{
    public static (DirFd Upper, WorkDirectory Work, UpperFeatures Features) Open(UnionOptions options, LowerDirectories lowers, List<string> remarks, Action<string>? onWait)
    {
        var (upperPath, workPath, durability) = (options.UpperDirectory!, options.WorkDirectory!, options.Durability);
        using var undo = new Undo();
        var upper = LayerOpener.OpenDirectory("upper directory", upperPath);
        undo.Add(upper.Close);
        var work = LayerOpener.OpenDirectory("work directory", workPath);
        try
        {
            CheckPair(upper, Text(upperPath), work, Text(workPath));
            CheckApart(lowers, upper, Text(upperPath), work, Text(workPath));
            CheckWritable(work, "work directory", Text(workPath));
            CheckWritable(upper, "upper directory", Text(upperPath));
            var family = FindFamily(work);
            var directory = WorkDirectory.Open(upper, work, workPath, family ?? MarkFamily.User, durability, onWait);
            directory.IsUnused = true;
            undo.Add(directory.Dispose);
            var features = Probe(directory, family, Text(upperPath), remarks);
            undo.Keep();
            return (upper, directory, features);
        }
        finally
        {
            work.Close();
        }
    }

    private static void CheckPair(DirFd upper, string upperPath, DirFd work, string workPath)
    {
        if (Syscall.Stat(upper.Fd, out var upperStatus) != Errno.None || Syscall.Stat(work.Fd, out var workStatus) != Errno.None) return;
        if (upperStatus.Device != workStatus.Device || upperStatus.MountId != workStatus.MountId)
            throw new MountException($"cannot use {workPath} as work directory of {upperPath}: they are not on the same mount, and finished objects are moved from one " +
                "into the other by rename. Choose a work directory beside the upper.");
        if (upperStatus.Inode == workStatus.Inode)
            throw new MountException($"cannot use {upperPath} as upper and work directory at once: they must be two directories, side by side.");
        if (new WayUp([upperStatus]).Meets(work) == 0)
            throw new MountException($"cannot use the work directory {workPath}: it lies inside the upper directory {upperPath} and would show in the union. Choose " +
                "one beside it.");
        if (new WayUp([workStatus]).Meets(upper) == 0)
            throw new MountException($"cannot use the upper directory {upperPath}: it lies inside the work directory {workPath}, which is emptied. Choose one beside it.");
    }

    // A lower layer may hold the upper (lowerdir=/): what is made there is not looked for below. The other way round every change would
    // change the layer.
    private static void CheckApart(LowerDirectories lowers, DirFd upper, string upperPath, DirFd work, string workPath)
    {
        if (Syscall.Stat(upper.Fd, out var upperStatus) != Errno.None || Syscall.Stat(work.Fd, out var workStatus) != Errno.None) return;
        var way = new WayUp([upperStatus, workStatus]);
        for (var i = 0; i < lowers.Count; i++)
        {
            var met = lowers.Look(i, way.Meets);
            if (met < 0) continue;
            var (what, path) = met == 0 ? ("upper", upperPath) : ("work", workPath);
            throw new MountException($"cannot use {Text(lowers.Path(i))} as a lower layer: it is, or lies inside, the {what} directory {path}, so that what is " +
                "changed in the union would change the layer. Layers stand apart from what is written.");
        }
    }

    private static void CheckWritable(DirFd directory, string what, string path)
    {
        var error = Syscall.AccessAt(directory, "."u8, write: true);
        if (error == Errno.None) return;
        throw new MountException(error == Errno.ROFS
            ? $"cannot write to the {what} {path}: its file system is mounted read-only. Without upperdir= the union is read-only and needs none."
            : $"cannot write to the {what} {path}: {error.Describe()}. It must belong to you.");
    }

    private static MarkFamily? FindFamily(DirFd work)
    {
        foreach (var family in (ReadOnlySpan<MarkFamily>)[MarkFamily.Trusted, MarkFamily.User])
        {
            // Any mark will do; the impure one means nothing on a work directory.
            if (!Works(Syscall.SetXattrAt(work, "."u8, MarkNames.Impure(family), OpaqueMark.Opaque, XattrFlags.None))) continue;
            _ = Syscall.RemoveXattrAt(work, "."u8, MarkNames.Impure(family));
            return family;
        }
        return null;
    }

    private static UpperFeatures Probe(WorkDirectory work, MarkFamily? family, string path, List<string> remarks)
    {
        ReadOnlySpan<byte> a = "probe-a"u8, b = "probe-b"u8;
        var temp = work.Temp;
        var device = Syscall.MknodAt(temp, b, (uint)FileType.CharDevice, 0, 0);
        var canMakeDevice = Works(device);
        var made = Syscall.MknodAt(temp, a, (uint)FileType.Regular | Mode.OwnerReadWrite, 0, 0);
        var exchanged = made == Errno.None && device != Errno.None ? Syscall.MknodAt(temp, b, (uint)FileType.Regular | Mode.OwnerReadWrite, 0, 0) : made;
        if (exchanged == Errno.None) exchanged = Syscall.RenameAt2(temp, a, temp, b, RenameFlags.Exchange);
        var canExchange = Works(exchanged);

        // Without the exchange nothing can be replaced by a whiteout in one step: then it stands beside the name.
        var form = !canExchange ? WhiteoutForm.Oci : canMakeDevice ? WhiteoutForm.Device : family is not null ? WhiteoutForm.Xattr : WhiteoutForm.Oci;
        var canLeave = canMakeDevice && Works(made == Errno.None ? Syscall.RenameAt2(temp, a, temp, b, RenameFlags.Whiteout) : made);
        _ = Syscall.UnlinkAt(temp, a);
        _ = Syscall.UnlinkAt(temp, b);

        if (family is null)
            remarks.Add($"the file system of {path} keeps no extended attributes: whiteouts and opaque directories are written as .wh. files, a change of metadata " +
                "copies the whole file, and a directory of a lower layer cannot be renamed (EXDEV).");
        else if (form == WhiteoutForm.Xattr) remarks.Add($"the file system of {path} takes no device nodes: whiteouts are written as marked empty files.");
        if (!canExchange)
            remarks.Add($"the file system of {path} cannot exchange names (RENAME_EXCHANGE): whiteouts are written as .wh. files, and replacing a deleted name by a " +
                "directory takes two steps there.");
        return new UpperFeatures { Marks = family, Whiteout = form, RenameWhiteout = canLeave, KeepsUnlinked = KeepsUnlinked(temp, a) };
    }

    /// <summary>Whether syncfs(2) of the file system of a directory is known to put everything on disk: ext2 to ext4, XFS, btrfs, F2FS, and tmpfs, which has none.</summary>
    public static bool IsSyncedAsWhole(DirFd directory) =>
        Syscall.StatFs(directory.Fd, out var status) == Errno.None && status.Magic is 0xef53 or 0x58465342 or 0x9123683e or 0xf2f52010 or 0x01021994; // statfs(2)

    // In a directory that is empty else.
    private static bool KeepsUnlinked(DirFd temp, ReadOnlySpan<byte> name)
    {
        if (Syscall.OpenAt(temp, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, Mode.OwnerReadWrite, out var fd) != Errno.None) return false;
        var names = new List<byte[]>();
        var keeps = Syscall.UnlinkAt(temp, name) == Errno.None && Syscall.Stat(fd, out var status) == Errno.None && status.LinkCount == 0
            && DirectoryNames.Read(temp, names) == Errno.None && names.Count == 0;
        fd.Close();
        return keeps;
    }

    // A lack of room does not mean that the file system cannot do it: a union must not write another kind of upper because its disk was full at mount.
    private static bool Works(Errno error) => error is Errno.None or Errno.NOSPC or Errno.DQUOT;

    private static string Text(byte[] path) => Encoding.UTF8.GetString(path);
}
