namespace OverlayFuse.Union;

/// <summary>What one layer has where a path is looked for in it.</summary>
public enum LayerFindingKind
{
    /// <summary>The directory is there, the name is not.</summary>
    Nothing,

    /// <summary>Not even the directory is there.</summary>
    NoDirectory,

    /// <summary>Anything but a directory and a whiteout.</summary>
    File,
    Directory,
    Whiteout,

    /// <summary>Another mount stands on it, so it shows as empty.</summary>
    Covered,

    /// <summary>It cannot be looked at, or its marks cannot be understood.</summary>
    Unreadable,
}
