using System.Security.Cryptography;

namespace OverlayFuse.Image;

/// <summary>Random names: 64 hexadecimal digits for containers, layers and volumes without a name; 26 letters for links.</summary>
public static class Identifier
{
    private const int ShortLength = 12;
    private const string LinkLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>A name in <see cref="StateDirectory.Links"/>.</summary>
    public static string NewLink() => RandomNumberGenerator.GetString(LinkLetters, 26);

    /// <summary>What lists show of a long one.</summary>
    public static string Short(string identifier)
    {
        var digits = identifier[(identifier.IndexOf(':') + 1)..];
        return digits.Length > ShortLength ? digits[..ShortLength] : digits;
    }
}
