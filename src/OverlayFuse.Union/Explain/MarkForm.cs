namespace OverlayFuse.Union;

/// <summary>The form in which a whiteout or an opaque directory is written.</summary>
public enum MarkForm
{
    None,

    /// <summary>A character device 0:0.</summary>
    Device,

    /// <summary>An attribute trusted.overlay.*.</summary>
    Trusted,

    /// <summary>An attribute user.overlay.*.</summary>
    User,

    /// <summary>An attribute user.fuseoverlayfs.*.</summary>
    FuseOverlayFs,

    /// <summary>A file whose name begins with .wh.</summary>
    Oci,
}
