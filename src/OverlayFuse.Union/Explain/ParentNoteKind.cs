namespace OverlayFuse.Union;

/// <summary>What is worth telling of a directory on the way to a path.</summary>
public enum ParentNoteKind
{
    None,

    /// <summary>A redirect: the layers below have it under another path.</summary>
    Moved,

    /// <summary>An opaque directory: what layers below have of it does not show.</summary>
    Opaque,

    /// <summary>A whiteout between two directories: they do not merge.</summary>
    Whiteout,

    /// <summary>A file below a directory: the search for members ends there.</summary>
    File,
}
