using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>A mounted file system: the open /dev/fuse, and where it is mounted and as which device (null: not known, mounted by somebody else).</summary>
internal readonly record struct MountedDevice(Fd Channel, byte[]? MountPoint, (uint Major, uint Minor)? Device)
{
    /// <summary>
    /// Where the mount is now: a directory above it may have another name. Null where it is gone, or where another mount lies on it
    /// that must not be taken for ours.
    /// </summary>
    public byte[]? Place()
    {
        if (Device is not { } device) return null;
        MountPointEntry? own = null;
        foreach (var entry in MountInfo.Read())
        {
            if ((entry.DeviceMajor, entry.DeviceMinor) == device) own = entry;
            else if (own is not null && entry.MountPoint.AsSpan().SequenceEqual(own.MountPoint)) own = null; // later lines cover earlier ones
        }
        return own?.MountPoint;
    }

    /// <summary>Found by its mount point in the mount table, which asks the file system nothing: it is not served yet.</summary>
    public static MountedDevice At(byte[] mountPoint, Fd channel) =>
        new(channel, mountPoint, MountInfo.Find(mountPoint) is { } entry ? (entry.DeviceMajor, entry.DeviceMinor) : null);
}
