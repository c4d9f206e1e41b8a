namespace OverlayFuse.Linux;

/// <summary>One mount, as a line of /proc/self/mountinfo tells it (proc_pid_mountinfo(5)). Paths are bytes.</summary>
public sealed class MountPointEntry
{
    public required int Id { get; init; }

    public required int ParentId { get; init; }

    public required uint DeviceMajor { get; init; }

    /// <summary>For a FUSE mount also the number of its connection in /sys/fs/fuse/connections.</summary>
    public required uint DeviceMinor { get; init; }

    /// <summary>Which directory of the file system stands at the mount point.</summary>
    public required byte[] Root { get; init; }

    public required byte[] MountPoint { get; init; }

    /// <summary>Options of this mount, as in "rw,nosuid,relatime".</summary>
    public required string Options { get; init; }

    /// <summary>As in "ext4" or "fuse.overlayfuse".</summary>
    public required string Type { get; init; }

    public required byte[] Source { get; init; }

    /// <summary>Options of the file system, shared by all its mounts.</summary>
    public required byte[] SuperOptions { get; init; }
}
