namespace OverlayFuse.Fuse;

/// <summary>The number by which kernel and file system name an inode. The file system chooses it; the root is always <see cref="Root"/>.</summary>
public readonly record struct NodeId(ulong Value)
{
    /// <summary>FUSE_ROOT_ID.</summary>
    public static readonly NodeId Root = new(1);

    /// <summary>In an entry: the name does not exist, and the kernel may remember that (a negative entry).</summary>
    public static readonly NodeId None = new(0);
}
