using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>A mounted file system: the open /dev/fuse, and where it is mounted and as which device (null: not known, mounted by somebody else).</summary>
internal readonly record struct MountedDevice(Fd Channel, byte[]? MountPoint, (uint Major, uint Minor)? Device, int MountId = 0)
{
    /// <summary>
    /// Where the mount is now: a directory above it may have another name. Null where it is gone, or where another mount lies on it
    /// that must not be taken for ours. Copies of it at other places (mount --bind) are for those who made them.
    /// </summary>
    public byte[]? Place()
    {
        var mounts = MountInfo.Read();
        if (mounts.Count == 0) return MountPoint; // without /proc it must be believed
        MountPointEntry? own = null;
        foreach (var entry in mounts)
        {
            if (entry.Id == MountId && (entry.DeviceMajor, entry.DeviceMinor) == Device) own = entry;
            else if (own is not null && entry.MountPoint.AsSpan().SequenceEqual(own.MountPoint)) own = null; // later lines cover earlier ones
        }
        return own?.MountPoint;
    }

    /// <summary>Found by its mount point in the mount table, which asks the file system nothing: it is not served yet.</summary>
    public static MountedDevice At(byte[] mountPoint, Fd channel) =>
        MountInfo.Find(mountPoint) is { } entry ? new(channel, mountPoint, (entry.DeviceMajor, entry.DeviceMinor), entry.Id) : new(channel, mountPoint, null);
}
