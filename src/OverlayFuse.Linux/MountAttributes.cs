namespace OverlayFuse.Linux;

/// <summary>The attributes of mount_setattr(2) (linux/mount.h).</summary>
[Flags]
public enum MountAttributes : ulong
{
    None = 0,
    ReadOnly = 0x1,
    NoSuid = 0x2,
    NoDev = 0x4,
    NoExec = 0x8,
    NoAtime = 0x10,
    StrictAtime = 0x20,

    /// <summary>To be cleared when one of the access time attributes is set.</summary>
    AtimeMask = 0x70,

    NoDirAtime = 0x80,
    IdMap = 0x100000,
    NoSymlinkFollow = 0x200000,
}
