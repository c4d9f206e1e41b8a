namespace OverlayFuse.Container;

/// <summary>Where a copy goes. Pure; the rules of "docker cp".</summary>
public enum CopyPlan
{
    /// <summary>It gets the target's name.</summary>
    AsTarget,

    /// <summary>Into the target, under its own name.</summary>
    IntoTarget,

    /// <summary>What is in it goes into the target.</summary>
    ContentsIntoTarget,
}
