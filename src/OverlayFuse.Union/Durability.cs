namespace OverlayFuse.Union;

/// <summary>When data is made safe against power loss; the three modes of kernel overlayfs (fsync=).</summary>
public enum Durability
{
    /// <summary>Data of a copy-up comes to the disk before the copy that has it; fsync(2) is served.</summary>
    Ordered,

    /// <summary>As ordered, and metadata and directories too.</summary>
    Strict,

    /// <summary>Nothing is synced; after a crash the upper is not to be used again.</summary>
    Volatile,
}
