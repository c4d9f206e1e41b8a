using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Image;

/// <summary>How large a tree is: the bytes of its files, each counted once whatever its names.</summary>
public static class TreeSize
{
    private static readonly System.Text.Encoding Utf8 = System.Text.Encoding.UTF8;

    /// <summary>What cannot be looked into, or goes away meanwhile, counts nothing.</summary>
    public static long Of(string path)
    {
        if (Syscall.OpenAt(DirFd.Cwd, Utf8.GetBytes(path), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var top) != Errno.None) return 0;
        var size = Of(new DirFd(top.Number), []);
        top.Close();
        return size;
    }

    private static long Of(DirFd directory, HashSet<(ulong Device, ulong Inode)> seen)
    {
        var names = new List<byte[]>();
        var size = 0L;
        _ = DirectoryNames.Read(directory, names);
        foreach (var name in names)
        {
            if (Syscall.StatAt(directory, name, cached: false, out var status) != Errno.None) continue;
            if (status.Type == FileType.Regular && (status.LinkCount == 1 || seen.Add((status.Device, status.Inode)))) size += (long)status.Size;
            if (!status.IsDirectory || Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var inside) != Errno.None) continue;
            size += Of(new DirFd(inside.Number), seen);
            inside.Close();
        }
        return size;
    }
}
