using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Finds the work directory and the lower layers of an upper that is not mounted: by what a mount has recorded (<see cref="StackRecord"/>).</summary>
public static class UpperStack
{
    /// <param name="work">As the caller knows it; null: a directory beside the upper whose record names it.</param>
    /// <param name="lowers">As the caller knows them; none: those of the record.</param>
    /// <param name="dataOnly">The data-only layers beside these.</param>
    /// <exception cref="MountException">Nothing was found, or more than one.</exception>
    public static UnionOptions Find(byte[] upper, byte[]? work, IReadOnlyCollection<byte[]> lowers, IReadOnlyCollection<byte[]> dataOnly)
    {
        var descriptor = LayerOpener.OpenDirectory("upper directory", upper);
        try
        {
            var path = LayerOpener.RealPath(descriptor) ?? upper;
            work ??= FindWork(descriptor, path);
            var union = new UnionOptions { MountPoint = [], UpperDirectory = path, WorkDirectory = work };
            if (lowers.Count == 0) (lowers, dataOnly) = Recorded(work, path);
            union.LowerDirectories.AddRange(lowers);
            union.DataDirectories.AddRange(dataOnly);
            return union;
        }
        finally
        {
            descriptor.Close();
        }
    }

    private static (List<byte[]> Lowers, List<byte[]> DataOnly) Recorded(byte[] work, byte[] upper)
    {
        var directory = LayerOpener.OpenDirectory("work directory", work);
        var error = ReadRecord(directory, "."u8, out var record);
        directory.Close();
        if (error == Errno.None) return (record!.Lowers, record.DataOnly);
        throw new MountException(
            $"the lower directories of {Text(upper)} are not known: {Text(work)}/overlayfuse/stack {(error == Errno.NOENT ? "does not exist" : $"cannot be read ({error.Describe()})")}. " +
            "Give them as for a mount: -o lowerdir=A:B,workdir=W");
    }

    // Any directory beside the upper, on its file system. The record has the upper's inode number, which survives when both are moved.
    private static byte[] FindWork(DirFd upper, byte[] path)
    {
        var found = new List<byte[]>();
        if (Syscall.Stat(upper.Fd, out var status) == Errno.None && Syscall.OpenAt(upper, ".."u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var above) == Errno.None)
        {
            var names = new List<byte[]>();
            _ = DirectoryNames.Read(new DirFd(above.Number), names);
            names.Sort(ByteOrder.Instance);
            var parent = path.AsSpan(0, Array.LastIndexOf(path, (byte)'/') + 1).ToArray();
            found.AddRange(names.Where(name => IsWorkOf(new DirFd(above.Number), name, status, path)).Select(name => (byte[])[.. parent, .. name]));
            above.Close();
        }
        return found switch
        {
            [var only] => only,
            [] => throw new MountException(
                $"the work directory of {Text(path)} is not known: no directory beside it has an overlayfuse/stack that names it. Say it as for a mount: -o lowerdir=A:B,workdir=W"),
            _ => throw new MountException(
                $"{Text(path)} was mounted with several work directories: {string.Join(", ", found.Select(Text))}. Say which is meant: -o workdir=W"),
        };
    }

    private static bool IsWorkOf(DirFd above, byte[] name, in FileStatus upper, byte[] path) =>
        Syscall.StatAt(above, name, cached: false, out var status) == Errno.None && status.IsDirectory && status.Device == upper.Device
        && ReadRecord(above, name, out var record) == Errno.None
        && (record!.UpperInode == upper.Inode || record.Upper.AsSpan().SequenceEqual(path));

    private static Errno ReadRecord(DirFd dir, ReadOnlySpan<byte> name, out StackRecord? record)
    {
        record = null;
        byte[] path = [.. name, .. "/overlayfuse"u8];
        var error = Syscall.OpenAt(dir, path, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var root);
        if (error != Errno.None) return error;
        error = StackRecord.Read(new DirFd(root.Number), out record);
        root.Close();
        return error;
    }

    private static string Text(byte[] path) => Encoding.UTF8.GetString(path);
}
