namespace OverlayFuse.Linux;

/// <summary>The flags of umount2(2).</summary>
[Flags]
public enum UnmountFlags
{
    None = 0,

    /// <summary>Ends the connection of a FUSE mount: whoever still uses it gets errors.</summary>
    Force = 1,

    /// <summary>Out of the tree at once; gone when the last user leaves.</summary>
    Detach = 2,

    NoFollow = 8,
}
