namespace OverlayFuse.Union;

/// <summary>The reserved file names of layers in the OCI form.</summary>
/// <remarks>OCI image-spec layer.md, "Whiteouts"; AUFS' other names from its manual.</remarks>
internal static class OciNames
{
    public static ReadOnlySpan<byte> WhiteoutPrefix => ".wh."u8;

    public static ReadOnlySpan<byte> OpaqueMarker => ".wh..wh..opq"u8;

    private static ReadOnlySpan<byte> AufsPrefix => ".wh..wh."u8;

    public static OciNameKind Classify(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith(WhiteoutPrefix)) return OciNameKind.Ordinary;
        if (name.SequenceEqual(OpaqueMarker)) return OciNameKind.OpaqueMarker;
        if (name.StartsWith(AufsPrefix)) return OciNameKind.Ignored;

        return name[WhiteoutPrefix.Length..] is [] or [(byte)'.'] or [(byte)'.', (byte)'.'] ? OciNameKind.Invalid : OciNameKind.Whiteout;
    }

    public static bool IsWhiteout(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> hidden)
    {
        var isWhiteout = Classify(name) == OciNameKind.Whiteout;
        hidden = isWhiteout ? name[WhiteoutPrefix.Length..] : [];
        return isWhiteout;
    }

    public static bool IsOpaqueMarker(ReadOnlySpan<byte> name) => name.SequenceEqual(OpaqueMarker);
}
