using System.Globalization;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Whether a file system keeps bytes and names in order: whatever is changed after a file was written back (sync_file_range(2) has returned) comes to
/// the disk after those bytes, so that no loss of power leaves the change without them. Then a copy needs no fsync(2) before it takes its place.
/// <para>
/// Known to do so are ext4 that orders data, with its journal on the same device, and XFS without a realtime device. Both end the write-back of a page
/// only when the blocks it lies in are written ones in a transaction; the rename is in the same transaction or a later one; transactions are
/// committed in their order; and before a commit the cache of the disk is flushed. Of all others it is not believed: btrfs, which logs single files,
/// ext4 without a journal, and whatever is not known.
/// </para>
/// </summary>
internal static class CommitOrder
{
    private const uint Ext4 = 0xef53, Xfs = 0x58465342, Btrfs = 0x9123683e, Tmpfs = 0x01021994; // statfs(2); ext2 and ext3 have the number of ext4

    /// <param name="directory">Any of the file system.</param>
    public static bool IsKept(Fd directory)
    {
        if (Syscall.StatFs(directory, out var fileSystem) != Errno.None || Syscall.Stat(directory, out var status) != Errno.None) return false;
        return fileSystem.Magic switch
        {
            Ext4 => IsKeptByExt4(status),
            Xfs => IsKeptByXfs(status),
            _ => false,
        };
    }

    /// <summary>
    /// Whether a new file that was never synced has after a loss of power what was written to it, or nothing there, and never what was on that part of
    /// the disk before: where <see cref="IsKept"/>, and on btrfs, which gives a file its blocks when they are written.
    /// </summary>
    public static bool HidesStaleBytes(Fd directory) =>
        Syscall.StatFs(directory, out var fileSystem) == Errno.None && (fileSystem.Magic is Btrfs or Tmpfs || IsKept(directory));

    /// <param name="options">The options of the file system in /proc/self/mountinfo.</param>
    internal static bool HasRealtimeDevice(ReadOnlySpan<byte> options) => options.IndexOf("rtdev="u8) >= 0;

    /// <param name="options">/proc/fs/ext4/DEVICE/options: a line for each, those by default as well. Without a journal there is none about data.</param>
    internal static bool AreOrdered(ReadOnlySpan<byte> options)
    {
        var isOrdered = false;
        foreach (var line in options.Split((byte)'\n'))
        {
            if (options[line].SequenceEqual("fc_debug_force"u8)) return false; // fast commits, of single files; shown by kernels with CONFIG_EXT4_DEBUG
            isOrdered |= options[line].SequenceEqual("data=ordered"u8);
        }
        return isOrdered;
    }

    private static bool IsKeptByXfs(in FileStatus status)
    {
        foreach (var mount in MountInfo.Read())
        {
            if ((mount.DeviceMajor, mount.DeviceMinor) == (status.DeviceMajor, status.DeviceMinor)) return !HasRealtimeDevice(mount.SuperOptions);
        }
        return false;
    }

    private static bool IsKeptByExt4(in FileStatus status)
    {
        Span<byte> target = stackalloc byte[4096];
        var link = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{status.DeviceMajor}:{status.DeviceMinor}"));
        if (Syscall.ReadLinkAt(DirFd.Cwd, link, target, out var length) != Errno.None) return false;
        var device = Encoding.UTF8.GetString(target[(target[..length].LastIndexOf((byte)'/') + 1)..length]);
        return ProcFile.ReadAll($"/proc/fs/ext4/{device}/options", out var options) == Errno.None && AreOrdered(options)
            && Syscall.AccessAt(DirFd.Cwd, Encoding.UTF8.GetBytes($"/proc/fs/jbd2/{device}-8"), write: false) == Errno.None; // inode 8; one elsewhere has its device's name
    }
}
