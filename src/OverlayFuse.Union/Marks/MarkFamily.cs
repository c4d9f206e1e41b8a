namespace OverlayFuse.Union;

/// <summary>The name space a mount writes its marks in. All families are read, one is written.</summary>
internal enum MarkFamily
{
    /// <summary>trusted.overlay.*: kernel overlayfs; needs CAP_SYS_ADMIN in the initial user namespace.</summary>
    Trusted,

    /// <summary>user.overlay.*: kernel overlayfs mounted with userxattr; anybody's, but on files and directories only.</summary>
    User,
}
