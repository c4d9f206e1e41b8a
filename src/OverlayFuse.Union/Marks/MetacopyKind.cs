namespace OverlayFuse.Union;

/// <summary>What the metacopy mark of an upper file says of its data, which is in a lower.</summary>
internal enum MetacopyKind
{
    /// <summary>Nothing more.</summary>
    Plain,

    /// <summary>The data must have this fs-verity digest.</summary>
    WithDigest,
}
