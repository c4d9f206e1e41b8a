using System.Security.Cryptography;

namespace OverlayFuse.Image;

/// <summary>"sha256:" and 64 hexadecimal digits: the name of content by what it is.</summary>
public readonly record struct Digest
{
    private const string Prefix = "sha256:";

    private Digest(string hex) => Hex = hex;

    public string Hex { get; }

    public static Digest Of(ReadOnlySpan<byte> content) => new(Convert.ToHexStringLower(SHA256.HashData(content)));

    public static Digest Of(IncrementalHash hash) => new(Convert.ToHexStringLower(hash.GetHashAndReset()));

    /// <summary>Of everything that comes from a stream.</summary>
    public static Digest Of(Stream content) => new(Convert.ToHexStringLower(SHA256.HashData(content)));

    /// <summary>Null for another algorithm and for what is no digest.</summary>
    public static Digest? TryParse(string? text)
    {
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        return FromHex(text[Prefix.Length..]);
    }

    public static Digest? FromHex(string hex) => hex.Length == 64 && hex.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f')) ? new Digest(hex) : null;

    public override string ToString() => Prefix + Hex;
}
