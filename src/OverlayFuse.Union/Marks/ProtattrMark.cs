namespace OverlayFuse.Union;

/// <summary>The value of the protattr mark: the letters "a" (append only) and "i" (immutable).</summary>
/// <remarks>Kernel: ovl_check_protattr(), which ignores a mark that is empty, has an unknown letter or is longer than 32 bytes.</remarks>
internal static class ProtattrMark
{
    public const int MaxLength = 32;

    public static bool TryParse(ReadOnlySpan<byte> value, out ProtectedAttributes attributes)
    {
        attributes = ProtectedAttributes.None;
        if (value.Length is 0 or > MaxLength || value.ContainsAnyExcept((byte)'a', (byte)'i')) return false;

        if (value.Contains((byte)'a')) attributes |= ProtectedAttributes.AppendOnly;
        if (value.Contains((byte)'i')) attributes |= ProtectedAttributes.Immutable;
        return true;
    }

    /// <summary>The mark to write; empty where it is to be removed.</summary>
    public static ReadOnlySpan<byte> Format(ProtectedAttributes attributes) => attributes switch
    {
        ProtectedAttributes.AppendOnly => "a"u8,
        ProtectedAttributes.Immutable => "i"u8,
        ProtectedAttributes.AppendOnly | ProtectedAttributes.Immutable => "ai"u8,
        _ => [],
    };
}
