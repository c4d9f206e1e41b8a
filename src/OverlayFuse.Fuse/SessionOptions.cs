namespace OverlayFuse.Fuse;

/// <summary>What a file system wants of the kernel and of its own threads.</summary>
public sealed class SessionOptions
{
    /// <summary>
    /// The capabilities wanted; <see cref="Session.Granted"/> tells those the kernel has too. What only concerns the
    /// transport (BIG_WRITES, MAX_PAGES, INIT_EXT, SETXATTR_EXT) is asked for in any case, and what only informs
    /// (NO_OPEN_SUPPORT, NO_OPENDIR_SUPPORT, HAS_EXPIRE_ONLY, HAS_RESEND) is told in any case.
    /// </summary>
    public InitFlags Wanted { get; init; } = InitFlags.AsyncRead | InitFlags.ParallelDirOps;

    /// <summary>The largest READ and WRITE, in bytes. Kernels without MAX_PAGES (before 4.20) give at most 128 KiB.</summary>
    public uint MaxWrite { get; init; } = 1 << 20;

    /// <summary>Wanted read-ahead in bytes. The kernel offers no more than its default (128 KiB): see <see cref="BackingDeviceInfo"/>.</summary>
    public uint MaxReadAhead { get; init; } = 1 << 20;

    /// <summary>How many requests nobody waits for (read-ahead, write-back) may be under way.</summary>
    public ushort MaxBackground { get; init; } = 64;

    /// <summary>From how many of those on the kernel counts the file system as busy.</summary>
    public ushort CongestionThreshold { get; init; } = 48;

    /// <summary>Granularity of time stamps in nanoseconds.</summary>
    public uint TimeGranularity { get; init; } = 1;

    /// <summary>With PASSTHROUGH: 1, or 2 where backing files may themselves lie on a stacked file system.</summary>
    public uint MaxStackDepth { get; init; } = 1;

    /// <summary>Threads there are from the beginning to the end.</summary>
    public int MinThreads { get; init; } = 3;

    /// <summary>The most threads at one time; a further one is started when all are at work and one is needed.</summary>
    public int MaxThreads { get; init; } = 32;

    /// <summary>When this many stand by, further ones end.</summary>
    public int MaxIdleThreads { get; init; } = 4;

    /// <summary>What to do where the kernel offers rings and then refuses one of ours: a sentence for people.</summary>
    public string RingAdvice { get; init; } = "Do not ask for rings.";

    /// <summary>Takes a sentence about something that should not happen. Called from any thread.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Takes a line about each request, once it is served and before it is answered. Called from any thread; what is said allocates.</summary>
    public Action<string>? Trace { get; init; }
}
