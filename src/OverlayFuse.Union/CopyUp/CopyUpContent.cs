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

    /// <summary>Those up to <see cref="CopyUpPlan.Length"/>, on disk before the copy takes its place.</summary>
    Bytes,

    /// <summary>The same, not on disk yet: until it is, the copy is a partial file that lacks no block, of which a loss of power leaves what is below.</summary>
    BytesUnsynced,
}
