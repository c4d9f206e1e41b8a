using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The value of the metacopy mark: this file has metadata only.</summary>
/// <remarks>Kernel: struct ovl_metacopy (version, length, flags, digest algorithm, digest), ovl_check_metacopy_xattr(): EIO for whatever it cannot read.</remarks>
internal static class MetacopyMark
{
    /// <summary>Header and the longest digest (SHA-512).</summary>
    public const int MaxLength = HeaderLength + 64;

    private const int HeaderLength = 4;

    /// <summary>The value that is written: no digest.</summary>
    public static ReadOnlySpan<byte> Plain => [];

    public static Errno Parse(ReadOnlySpan<byte> value, out MetacopyKind kind) => Parse(value, out kind, out _, out _);

    /// <summary>IO for a broken mark. <paramref name="algorithm"/> as FS_VERITY_HASH_ALG_* (1 SHA-256, 2 SHA-512).</summary>
    public static Errno Parse(ReadOnlySpan<byte> value, out MetacopyKind kind, out byte algorithm, out ReadOnlySpan<byte> digest)
    {
        kind = MetacopyKind.Plain;
        algorithm = 0;
        digest = [];
        if (value.IsEmpty) return Errno.None;
        if (value.Length is < HeaderLength or > MaxLength || value[0] != 0 || value[1] != value.Length) return Errno.IO;
        if (value[3] == 0 || value.Length == HeaderLength) return Errno.None;

        kind = MetacopyKind.WithDigest;
        algorithm = value[3];
        digest = value[HeaderLength..];
        return Errno.None;
    }
}
