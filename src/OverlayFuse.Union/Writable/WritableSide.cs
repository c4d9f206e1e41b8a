using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Opens an upper with its work directory, and tries out what their file system can do.</summary>
internal static class WritableSide
{
    private const int LongestTrail = 4096;

    public static (DirFd Upper, WorkDirectory Work, UpperFeatures Features) Open(UnionOptions options, List<string> remarks, Action<string>? onWait)
    {
        var (upperPath, workPath, durability) = (options.UpperDirectory!, options.WorkDirectory!, options.Durability);
        using var undo = new Undo();
        var upper = LayerOpener.OpenDirectory("upper directory", upperPath);
        undo.Add(upper.Close);
        var work = LayerOpener.OpenDirectory("work directory", workPath);
        try
        {
            CheckPair(upper, Text(upperPath), work, Text(workPath));
            foreach (var lower in options.LowerDirectories.Concat(options.DataDirectories))
            {
                CheckApart(lower, upper, "upper", Text(upperPath));
                CheckApart(lower, work, "work", Text(workPath));
            }
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
        if (IsInside(work, upperStatus))
            throw new MountException($"cannot use the work directory {workPath}: it lies inside the upper directory {upperPath} and would show in the union. Choose " +
                "one beside it.");
        if (IsInside(upper, workStatus)) throw new MountException($"cannot use the upper directory {upperPath}: it lies inside the work directory {workPath}, which is emptied. Choose one beside it.");
    }

    // A lower layer may hold the upper (lowerdir=/): what is made there is not looked for below. The other way round every change would
    // change the layer.
    private static void CheckApart(byte[] lowerPath, DirFd writable, string what, string writablePath)
    {
        var lower = LayerOpener.OpenDirectory("lower directory", lowerPath);
        var isInside = Syscall.Stat(writable.Fd, out var status) == Errno.None && IsInside(lower, status);
        lower.Close();
        if (isInside)
            throw new MountException($"cannot use {Text(lowerPath)} as a lower layer: it is, or lies inside, the {what} directory {writablePath}, so that what is " +
                "changed in the union would change the layer. Layers stand apart from what is written.");
    }

    private static void CheckWritable(DirFd directory, string what, string path)
    {
        var error = Syscall.AccessAt(directory, "."u8, write: true);
        if (error == Errno.None) return;
        throw new MountException(error == Errno.ROFS
            ? $"cannot write to the {what} {path}: its file system is mounted read-only. Without upperdir= the union is read-only and needs none."
            : $"cannot write to the {what} {path}: {error.Describe()}. It must belong to you.");
    }

    // Up through ".." from a directory to the root: does the way lead through `other`?
    private static bool IsInside(DirFd directory, in FileStatus other)
    {
        if (Syscall.OpenAt(directory, "."u8, OpenFlags.Path | OpenFlags.Directory, 0, out var at) != Errno.None) return false;
        ulong last = 0;
        var inside = false;
        for (var steps = 0; steps < LongestTrail && !inside; steps++)
        {
            if (Syscall.Stat(at, out var status) != Errno.None || (status.Inode == last && steps > 0)) break;
            inside = status.Inode == other.Inode && status.Device == other.Device;
            last = status.Inode;
            if (Syscall.OpenAt(new DirFd(at.Number), ".."u8, OpenFlags.Path | OpenFlags.Directory, 0, out var above) != Errno.None) break;
            at.Close();
            at = above;
        }
        at.Close();
        return inside;
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
        var canMakeDevice = Works(Syscall.MknodAt(temp, a, (uint)FileType.CharDevice, 0, 0));
        _ = Syscall.UnlinkAt(temp, a);

        var made = Syscall.MknodAt(temp, a, (uint)FileType.Regular | Mode.OwnerReadWrite, 0, 0);
        var exchanged = made == Errno.None ? Syscall.MknodAt(temp, b, (uint)FileType.Regular | Mode.OwnerReadWrite, 0, 0) : made;
        if (exchanged == Errno.None) exchanged = Syscall.RenameAt2(temp, a, temp, b, RenameFlags.Exchange);
        var canExchange = Works(exchanged);
        _ = Syscall.UnlinkAt(temp, b);

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
