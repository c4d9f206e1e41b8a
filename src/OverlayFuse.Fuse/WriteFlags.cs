namespace OverlayFuse.Fuse;

/// <summary>FUSE_WRITE_* (linux/fuse.h).</summary>
[Flags]
public enum WriteFlags : uint
{
    None = 0,

    /// <summary>The kernel writes back its own pages. With the writeback cache it takes a short answer for a whole one, and keeps the file's times itself.</summary>
    FromCache = 1 << 0,

    LockOwner = 1 << 1,

    /// <summary>HANDLE_KILLPRIV_V2: setuid, setgid and capabilities of the file go.</summary>
    KillSuidGid = 1 << 2,
}
