namespace OverlayFuse.Union;

/// <summary>What the origin mark of an upper object says.</summary>
internal enum OriginKind
{
    /// <summary>Copied up, but from where cannot be told.</summary>
    Unknown,

    /// <summary>A file handle of the lower object.</summary>
    Valid,

    /// <summary>Not an origin mark, or of a version to come.</summary>
    Broken,
}
