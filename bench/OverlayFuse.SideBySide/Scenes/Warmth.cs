namespace OverlayFuse.SideBySide;

/// <summary>What the machine remembers of the layers when work begins. The mount is always a fresh one.</summary>
internal enum Warmth
{
    /// <summary>All caches are dropped.</summary>
    Cold,

    /// <summary>The layers were read before, directly.</summary>
    Layers,
}
