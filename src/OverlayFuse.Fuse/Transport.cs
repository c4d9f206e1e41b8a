namespace OverlayFuse.Fuse;

/// <summary>How requests travel.</summary>
public enum Transport
{
    /// <summary>By read(2) and write(2) of /dev/fuse.</summary>
    Device,

    /// <summary>By FUSE over io_uring: memory shared with the kernel, a ring for each processor. Since Linux 6.14, where the fuse module's parameter enable_uring is set.</summary>
    Ring,
}
