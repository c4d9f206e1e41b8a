namespace OverlayFuse.Union;

/// <summary>What the things in an upper directory are compared with.</summary>
internal enum ComparedWith
{
    /// <summary>With nothing: all of them are new.</summary>
    Nothing,

    /// <summary>With the lower members of the same directory.</summary>
    Members,

    /// <summary>With the directory that the lower layers have here, although it does not show: what is not in the upper is gone.</summary>
    Hidden,
}
