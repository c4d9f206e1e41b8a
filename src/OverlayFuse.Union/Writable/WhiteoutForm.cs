namespace OverlayFuse.Union;

/// <summary>How a whiteout is written.</summary>
internal enum WhiteoutForm
{
    /// <summary>A character device 0:0, one inode shared by many names.</summary>
    Device,

    /// <summary>A zero-size file with the whiteout mark in a directory marked opaque = x: where devices cannot be made.</summary>
    Xattr,

    /// <summary>A file .wh.NAME: where there are no extended attributes either.</summary>
    Oci,
}
