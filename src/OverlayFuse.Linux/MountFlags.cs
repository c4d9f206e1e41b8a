namespace OverlayFuse.Linux;

/// <summary>The flags of mount(2) (linux/mount.h).</summary>
[Flags]
public enum MountFlags : ulong
{
    None = 0,
    ReadOnly = 1 << 0,
    NoSuid = 1 << 1,
    NoDev = 1 << 2,
    NoExec = 1 << 3,
    Synchronous = 1 << 4,
    Remount = 1 << 5,
    DirSync = 1 << 7,
    NoSymlinkFollow = 1 << 8,
    NoAtime = 1 << 10,
    NoDirAtime = 1 << 11,
    Bind = 1 << 12,
    Move = 1 << 13,
    Recursive = 1 << 14,
    Private = 1 << 18,
    Slave = 1 << 19,
    Shared = 1 << 20,
    RelAtime = 1 << 21,
    StrictAtime = 1 << 24,
}
