namespace OverlayFuse.Union;

/// <summary>Names of extended attributes in a layer that keeps owners in marks: the mark itself, and what a user's attribute is stored as.</summary>
/// <remarks>
/// As fuse-overlayfs has it: in the form of containers/storage, security.X is kept as user.containers.override_security.X, for an ordinary
/// user may set no attribute of that kind. Names that would pass for such ones are kept in the same way, in every form: else whoever owns the root of a
/// union could have the next mount read owners and devices of his own invention.
/// </remarks>
internal static class OverrideNames
{
    /// <summary>Room for any name that Linux takes (XATTR_NAME_MAX) after <see cref="Store"/>.</summary>
    public const int StoredSize = 255 + 25;

    private static ReadOnlySpan<byte> Prefix => "user.containers.override_"u8;

    private static ReadOnlySpan<byte> Security => "security."u8;

    /// <summary>Where a file capability is kept in the form of containers/storage.</summary>
    public static ReadOnlySpan<byte> Capability => "user.containers.override_security.capability"u8;

    /// <summary>The mark that says owner, mode and type.</summary>
    public static ReadOnlySpan<byte> Mark(OverrideForm form) => form switch
    {
        OverrideForm.Containers => MarkNames.OverrideStatContainers,
        OverrideForm.FuseOverlayFs => MarkNames.OverrideStatOld,
        OverrideForm.Privileged => MarkNames.OverrideStatPrivileged,
        _ => default,
    };

    /// <summary>A stored name that no user sees: the mark, and in the form of containers/storage what the backing file has of security.*.</summary>
    public static bool IsPrivate(OverrideForm form, ReadOnlySpan<byte> stored) => form switch
    {
        _ when stored.StartsWith(Prefix) => !IsStored(form, stored),
        OverrideForm.Containers => stored.StartsWith(Security),
        OverrideForm.None => false,
        _ => stored.SequenceEqual(Mark(form)),
    };

    /// <summary>The user's name of a stored one that is not private.</summary>
    public static ReadOnlySpan<byte> Show(OverrideForm form, ReadOnlySpan<byte> stored) => IsStored(form, stored) ? stored[Prefix.Length..] : stored;

    /// <summary>Whether a user's name is kept under another one.</summary>
    public static bool IsKept(OverrideForm form, ReadOnlySpan<byte> name) =>
        name.StartsWith(Prefix) || (form == OverrideForm.Containers && name.StartsWith(Security));

    /// <summary>Writes the name that <see cref="IsKept"/> speaks of; the length written.</summary>
    public static int Store(ReadOnlySpan<byte> name, Span<byte> to)
    {
        Prefix.CopyTo(to);
        name.CopyTo(to[Prefix.Length..]);
        return Prefix.Length + name.Length;
    }

    private static bool IsStored(OverrideForm form, ReadOnlySpan<byte> stored) => stored.StartsWith(Prefix) && IsKept(form, stored[Prefix.Length..]);
}
