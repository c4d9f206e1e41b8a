using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>A mount to be made. <c>default_permissions</c> is always on: the kernel checks access by the attributes it is given.</summary>
public sealed class MountRequest
{
    /// <summary>The directory to mount on, or /dev/fd/N for a descriptor that somebody has mounted already.</summary>
    public required byte[] MountPoint { get; init; }

    /// <summary>What mount tables show as the device.</summary>
    public required byte[] Source { get; init; }

    /// <summary>What mount tables show as the type, behind "fuse.".</summary>
    public required string Subtype { get; init; }

    /// <summary>Mounts whose server has died and which are taken away from the directory, beside those of the same type. Null: no others.</summary>
    public Predicate<MountPointEntry>? Replaces { get; init; }

    /// <summary>Restrictions: read-only, nodev, nosuid, noexec, access times.</summary>
    public MountFlags Flags { get; init; } = MountFlags.NoDev | MountFlags.NoSuid;

    /// <summary>
    /// Other users than the one who mounts may enter. Inside a user namespace that is on in any case: it means the users
    /// of the namespace. An ordinary user needs user_allow_other in /etc/fuse.conf.
    /// </summary>
    public bool AllowOther { get; init; }

    /// <summary>Options of a security module, as context="..."; by mount(2) only, which fusermount3 does not pass them to. Empty: none.</summary>
    public byte[] Labels { get; init; } = [];
}
