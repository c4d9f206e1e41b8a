namespace OverlayFuse.SideBySide;

/// <summary>A union file system that is measured.</summary>
internal abstract class Engine
{
    /// <summary>The heading of its column.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, for the head of the table.</summary>
    public abstract string Description { get; }

    /// <summary>Whether it has a process of its own that serves the mount.</summary>
    public virtual bool HasDaemon => true;

    /// <summary>Whether what it syncs are calls of that process.</summary>
    public virtual bool ShowsSyncs => HasDaemon;

    /// <summary>Whether a copy-up can be synced.</summary>
    public virtual bool CanSync => true;

    /// <summary>The user who mounts, and works on the mount; null: root.</summary>
    public User? User { get; init; }

    /// <summary>Returns when the mount is live.</summary>
    public abstract void Mount(Stack stack, SyncMode sync);
}
