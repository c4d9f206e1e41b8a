namespace OverlayFuse.Union;

/// <summary>Who is to understand an upper when it is settled.</summary>
public enum SettleForm
{
    /// <summary>Kernel overlayfs: of root with metacopy=on,redirect_dir=on, of others with userxattr.</summary>
    ForKernel,

    /// <summary>Any reader that knows whiteouts (0:0 devices) and opaque marks, as fuse-overlayfs 1.x.</summary>
    Plain,
}
