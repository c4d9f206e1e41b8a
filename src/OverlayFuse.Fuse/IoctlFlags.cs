namespace OverlayFuse.Fuse;

/// <summary>FUSE_IOCTL_* (linux/fuse.h).</summary>
[Flags]
public enum IoctlFlags : uint
{
    None = 0,
    Compat = 1 << 0,
    Unrestricted = 1 << 1,
    Retry = 1 << 2,
    Directory = 1 << 4,
}
