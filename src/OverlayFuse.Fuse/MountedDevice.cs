using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>A mounted file system: the open /dev/fuse, and where it is mounted and as which device (null: not known, mounted by somebody else).</summary>
internal readonly record struct MountedDevice(Fd Channel, byte[]? MountPoint, (uint Major, uint Minor)? Device)
{
    /// <summary>Found by its mount point in the mount table, which asks the file system nothing: it is not served yet.</summary>
    public static MountedDevice At(byte[] mountPoint, Fd channel) =>
        new(channel, mountPoint, MountInfo.Find(mountPoint) is { } entry ? (entry.DeviceMajor, entry.DeviceMinor) : null);
}
