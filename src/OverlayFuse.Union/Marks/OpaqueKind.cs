namespace OverlayFuse.Union;

/// <summary>What the opaque mark of a directory says.</summary>
internal enum OpaqueKind
{
    /// <summary>The directory merges with those below.</summary>
    None,

    /// <summary>"y": nothing below shows.</summary>
    Opaque,

    /// <summary>"x": it merges, and whiteouts inside may be empty files with a whiteout mark.</summary>
    HasXattrWhiteouts,

    /// <summary>Not a mark at all: what is below must neither be shown nor hidden by guess.</summary>
    Broken,
}
