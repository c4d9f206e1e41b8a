namespace OverlayFuse.Union;

/// <summary>What one layer has under a name.</summary>
internal enum EntryKind
{
    Absent,
    Whiteout,
    Directory,

    /// <summary>Anything but a directory and a whiteout.</summary>
    File,
}
