using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>WORKDIR/index, where kernel overlayfs (index=on) has one more link to each copied-up file with several names.</summary>
internal static class KernelIndex
{
    private static ReadOnlySpan<byte> Name => "index"u8;

    public static Errno Open(DirFd work, out DirFd index) => OwnDirectory.Open(work, Name, out index);

    /// <summary>The inode numbers, in the upper, of the files it has.</summary>
    public static HashSet<ulong> Inodes(DirFd work)
    {
        var inodes = new HashSet<ulong>();
        if (Open(work, out var index) != Errno.None) return inodes;
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(index, names);
        foreach (var name in names)
        {
            if (Syscall.StatAt(index, name, cached: false, out var status) == Errno.None) inodes.Add(status.Inode);
        }
        index.Close();
        return inodes;
    }

    /// <summary>Removes all of it: only links to what the upper has under names of its own.</summary>
    public static Errno Remove(DirFd work)
    {
        var error = Open(work, out var index);
        if (error == Errno.NOENT) return Errno.None;
        if (error == Errno.None) error = TreeSweeper.Empty(index, out _);
        index.Close();
        return error == Errno.None ? Syscall.RmdirAt(work, Name) : error;
    }
}
