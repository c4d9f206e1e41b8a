namespace OverlayFuse.Union.Tests;

/// <summary>What a random layer has under a name.</summary>
internal enum LayerKind
{
    File,
    Symlink,
    Fifo,
    Socket,
    Device,
    Directory,
    Opaque,
    OciOpaque,
    FuseOpaque,

    /// <summary>Another name of a file of its layer.</summary>
    HardLink,
    Whiteout,
    MarkedWhiteout,
    OciWhiteout,
    Metacopy,

    /// <summary>A directory or metacopy with a redirect, and the whiteout that a rename leaves at the old name.</summary>
    Moved,
}
