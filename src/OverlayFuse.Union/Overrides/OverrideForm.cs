namespace OverlayFuse.Union;

/// <summary>Where a layer keeps the owners, modes and types of its objects, if not in the objects themselves. The root of the layer says it: it has the mark.</summary>
public enum OverrideForm
{
    /// <summary>In the objects.</summary>
    None,

    /// <summary>user.containers.override_stat: containers/storage, and newer versions of fuse-overlayfs with xattr_permissions=2.</summary>
    Containers,

    /// <summary>user.fuseoverlayfs.override_stat: fuse-overlayfs 1.10, for one, with xattr_permissions=2. Read, and gone on with in an upper that has it.</summary>
    FuseOverlayFs,

    /// <summary>security.fuseoverlayfs.override_stat: fuse-overlayfs with xattr_permissions=1, for root only.</summary>
    Privileged,
}
