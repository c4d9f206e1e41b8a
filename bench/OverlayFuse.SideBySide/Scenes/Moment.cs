namespace OverlayFuse.SideBySide;

/// <summary>What the figure of a row is.</summary>
internal enum Moment
{
    /// <summary>The time of the work.</summary>
    Work,

    /// <summary>The time until the mount is live.</summary>
    Mount,

    /// <summary>The time until it is unmounted and its daemon has ended.</summary>
    Unmount,

    /// <summary>The memory of the daemon, in bytes.</summary>
    Memory,
}
