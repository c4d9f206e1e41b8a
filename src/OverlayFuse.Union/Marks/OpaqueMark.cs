namespace OverlayFuse.Union;

/// <summary>The value of the opaque mark (overlay.opaque, user.fuseoverlayfs.opaque).</summary>
/// <remarks>
/// Kernel: ovl_get_dir_xattr_val() reads one byte. As there, no byte and other bytes mean nothing. Unlike there (it takes them as
/// not opaque), longer values are broken: what they were meant to hide would come to light.
/// </remarks>
internal static class OpaqueMark
{
    public static ReadOnlySpan<byte> Opaque => "y"u8;

    public static ReadOnlySpan<byte> HasXattrWhiteouts => "x"u8;

    public static OpaqueKind Parse(ReadOnlySpan<byte> value) => value switch
    {
        [(byte)'y'] => OpaqueKind.Opaque,
        [(byte)'x'] => OpaqueKind.HasXattrWhiteouts,
        [] or [_] => OpaqueKind.None,
        _ => OpaqueKind.Broken,
    };
}
