namespace OverlayFuse.SideBySide;

/// <summary>What a copy-up puts on disk before it shows.</summary>
internal enum SyncMode
{
    /// <summary>The data: the default of the kernel and ours.</summary>
    Ordered,

    /// <summary>Nothing, which is all that the rivals can.</summary>
    Volatile,
}
