namespace OverlayFuse.Linux;

/// <summary>RLIMIT_* of getrlimit(2).</summary>
public enum ResourceLimit
{
    /// <summary>RLIMIT_FSIZE, in bytes; whoever writes beyond it gets SIGXFSZ, or EFBIG where that is caught.</summary>
    FileSize = 1,

    /// <summary>RLIMIT_NOFILE: open descriptors.</summary>
    OpenFiles = 7,
}
