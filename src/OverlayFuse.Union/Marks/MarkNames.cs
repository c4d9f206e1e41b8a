namespace OverlayFuse.Union;

/// <summary>The names of the extended attributes that carry marks, and how an inner union's marks are stored beside ours.</summary>
/// <remarks>
/// Kernel: fs/overlayfs/overlayfs.h (OVL_XATTR_*), fs/overlayfs/xattrs.c. A mark set through the union belongs to a union inside
/// it and is stored with one more "overlay." behind the prefix: trusted.overlay.X as trusted.overlay.overlay.X, at any depth. So are
/// those of a fuse-overlayfs inside, user.fuseoverlayfs.X and security.fuseoverlayfs.X.
/// </remarks>
internal static class MarkNames
{
    private static ReadOnlySpan<byte> TrustedPrefix => "trusted.overlay."u8;

    private static ReadOnlySpan<byte> UserPrefix => "user.overlay."u8;

    private static ReadOnlySpan<byte> FuseOverlayFsPrefix => "user.fuseoverlayfs."u8;

    private static ReadOnlySpan<byte> PrivilegedFuseOverlayFsPrefix => "security.fuseoverlayfs."u8;

    private static ReadOnlySpan<byte> Nested => "overlay."u8;

    public static ReadOnlySpan<byte> Opaque(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.opaque"u8 : "user.overlay.opaque"u8;

    /// <summary>On an empty regular file in a directory that is marked opaque "x": a whiteout.</summary>
    public static ReadOnlySpan<byte> Whiteout(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.whiteout"u8 : "user.overlay.whiteout"u8;

    public static ReadOnlySpan<byte> Redirect(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.redirect"u8 : "user.overlay.redirect"u8;

    public static ReadOnlySpan<byte> Origin(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.origin"u8 : "user.overlay.origin"u8;

    /// <summary>On an entry of the kernel's index that stands for a directory.</summary>
    public static ReadOnlySpan<byte> Upper(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.upper"u8 : "user.overlay.upper"u8;

    public static ReadOnlySpan<byte> Impure(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.impure"u8 : "user.overlay.impure"u8;

    public static ReadOnlySpan<byte> Nlink(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.nlink"u8 : "user.overlay.nlink"u8;

    public static ReadOnlySpan<byte> Metacopy(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.metacopy"u8 : "user.overlay.metacopy"u8;

    /// <summary>Not one of the kernel's; a fence keeps it away while one is there.</summary>
    public static ReadOnlySpan<byte> Partial(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.partial"u8 : "user.overlay.partial"u8;

    public static ReadOnlySpan<byte> Uuid(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.uuid"u8 : "user.overlay.uuid"u8;

    public static ReadOnlySpan<byte> Protattr(MarkFamily f) => f == MarkFamily.Trusted ? "trusted.overlay.protattr"u8 : "user.overlay.protattr"u8;

    /// <summary>The attribute of one mark.</summary>
    public static ReadOnlySpan<byte> Of(MarkSet mark, MarkFamily f) => mark switch
    {
        MarkSet.Opaque => Opaque(f),
        MarkSet.Whiteout => Whiteout(f),
        MarkSet.Redirect => Redirect(f),
        MarkSet.Metacopy => Metacopy(f),
        MarkSet.Origin => Origin(f),
        MarkSet.Nlink => Nlink(f),
        MarkSet.Impure => Impure(f),
        MarkSet.Uuid => Uuid(f),
        MarkSet.Protattr => Protattr(f),
        MarkSet.Upper => Upper(f),
        MarkSet.Partial => Partial(f),
        _ => throw new ArgumentOutOfRangeException(nameof(mark), mark, "not one mark"),
    };

    public static ReadOnlySpan<byte> FuseOverlayFsOpaque => "user.fuseoverlayfs.opaque"u8;

    /// <summary>fuse-overlayfs with xattr_permissions=1.</summary>
    public static ReadOnlySpan<byte> OverrideStatPrivileged => "security.fuseoverlayfs.override_stat"u8;

    /// <summary>fuse-overlayfs with xattr_permissions=2, and containers/storage.</summary>
    public static ReadOnlySpan<byte> OverrideStatContainers => "user.containers.override_stat"u8;

    /// <summary>The name older versions of fuse-overlayfs gave it.</summary>
    public static ReadOnlySpan<byte> OverrideStatOld => "user.fuseoverlayfs.override_stat"u8;

    /// <summary>A stored name that is a mark of this union (or of another program's on the same layers): hidden from users.</summary>
    public static bool IsPrivate(ReadOnlySpan<byte> name) => IsMark(name) && !IsNested(name);

    /// <summary>A user's name that would be taken for a mark of this union if it were stored as it is.</summary>
    public static bool IsMark(ReadOnlySpan<byte> name) => Prefix(name) > 0;

    /// <summary>Writes the stored form of a user's name: a mark with one more level, any other name unchanged.</summary>
    /// <returns>The length written. Eight bytes more than the name at most: <see cref="OverrideNames.StoredSize"/> has room for every legal one.</returns>
    public static int Escape(ReadOnlySpan<byte> name, Span<byte> to)
    {
        var prefix = Prefix(name);
        name[..prefix].CopyTo(to);
        var length = prefix;
        if (prefix > 0)
        {
            Nested.CopyTo(to[prefix..]);
            length += Nested.Length;
        }
        name[prefix..].CopyTo(to[length..]);
        return length + name.Length - prefix;
    }

    /// <summary>Writes the name under which users see a stored nested mark; false, and nothing written, for every other name.</summary>
    public static bool TryUnescape(ReadOnlySpan<byte> stored, Span<byte> to, out int length)
    {
        length = 0;
        if (!IsNested(stored)) return false;

        var prefix = Prefix(stored);
        length = stored.Length - Nested.Length;
        stored[..prefix].CopyTo(to);
        stored[(prefix + Nested.Length)..].CopyTo(to[prefix..]);
        return true;
    }

    private static bool IsNested(ReadOnlySpan<byte> name)
    {
        var prefix = Prefix(name);
        return prefix > 0 && name[prefix..].StartsWith(Nested);
    }

    /// <summary>The length of the mark prefix of a name; 0 where it has none.</summary>
    private static int Prefix(ReadOnlySpan<byte> name) =>
        name.StartsWith(TrustedPrefix) ? TrustedPrefix.Length
        : name.StartsWith(UserPrefix) ? UserPrefix.Length
        : name.StartsWith(FuseOverlayFsPrefix) ? FuseOverlayFsPrefix.Length
        : name.StartsWith(PrivilegedFuseOverlayFsPrefix) ? PrivilegedFuseOverlayFsPrefix.Length
        : 0;
}
