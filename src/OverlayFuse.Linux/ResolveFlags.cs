namespace OverlayFuse.Linux;

/// <summary>How openat2(2) may walk a path (linux/openat2.h).</summary>
[Flags]
public enum ResolveFlags : ulong
{
    None = 0,
    NoXdev = 0x01,
    NoMagicLinks = 0x02,
    NoSymlinks = 0x04,
    Beneath = 0x08,
    InRoot = 0x10,
}
