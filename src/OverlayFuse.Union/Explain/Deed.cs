namespace OverlayFuse.Union;

/// <summary>What somebody may want to do to a path.</summary>
public enum Deed
{
    /// <summary>Write some bytes of a file.</summary>
    Write,

    /// <summary>chmod, chown, utimes, setxattr.</summary>
    Chmod,

    /// <summary>unlink or rmdir.</summary>
    Remove,

    /// <summary>Give a directory another name.</summary>
    Rename,

    /// <summary>Make something of this name.</summary>
    Create,
}
