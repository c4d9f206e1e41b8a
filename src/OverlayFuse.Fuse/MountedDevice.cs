using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>A /dev/fuse that is mounted, and where (null: not known, mounted by somebody else).</summary>
internal readonly record struct MountedDevice(Fd Device, byte[]? MountPoint);
