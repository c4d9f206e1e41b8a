namespace OverlayFuse.Union;

/// <summary>Which bytes a copy-up copies.</summary>
internal enum CopyUpContent
{
    /// <summary>None: the object has none, or they are about to be cut off.</summary>
    Nothing,

    /// <summary>None now: the copy is a metacopy, its bytes stay below.</summary>
    MetadataOnly,

    /// <summary>None now, and then block by block as they are written: those up to <see cref="CopyUpPlan.Length"/> are below.</summary>
    Blocks,

    /// <summary>Those up to <see cref="CopyUpPlan.Length"/>.</summary>
    Bytes,
}
