using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Up through ".." from directories to the root: does the way lead through one of <paramref name="others"/>? Layers mostly lie side by side, so where one way
/// led to the root, the next one that comes by need not be gone to the end.
/// </summary>
internal sealed class WayUp(FileStatus[] others)
{
    private const int LongestTrail = 4096;

    private readonly HashSet<(ulong Mount, ulong Device, ulong Inode)> _clear = [];

    /// <summary>Which of the others a directory is, or lies inside; -1: none.</summary>
    public int Meets(DirFd directory)
    {
        if (Syscall.Stat(directory.Fd, out var status) != Errno.None) return -1;
        var passed = new List<(ulong Mount, ulong Device, ulong Inode)>();
        var at = directory;
        var met = -1;
        for (var place = Place(status); passed.Count < LongestTrail; place = Place(status))
        {
            met = Array.FindIndex(others, other => other.Inode == place.Inode && other.Device == place.Device);
            if (met >= 0 || _clear.Contains(place)) break;

            passed.Add(place);
            if (Syscall.StatAt(at, ".."u8, cached: false, out status) != Errno.None || Place(status) == place || _clear.Contains(Place(status))) break; // the root is above itself
            if (Syscall.OpenAt(at, ".."u8, OpenFlags.Path | OpenFlags.Directory, 0, out var above) != Errno.None) break;
            if (at != directory) at.Close();
            at = new DirFd(above.Number);
        }
        if (at != directory) at.Close();

        // What is above a directory depends on the mount that it is seen through, which kernels before 5.8 do not tell.
        if (met < 0) _clear.UnionWith(passed.Where(place => place.Mount != 0));
        return met;
    }

    private static (ulong Mount, ulong Device, ulong Inode) Place(in FileStatus status) => (status.MountId, status.Device, status.Inode);
}
