using System.Text;

namespace OverlayFuse.Cli;

/// <summary>Bytes as people read them, and as the library for command lines carries them.</summary>
/// <remarks>
/// Paths may hold any byte but NUL. On their way through the command line they are strings with one character a byte
/// (Latin-1), which loses nothing; for messages they are decoded, and what no terminal should get is written as \xNN.
/// </remarks>
internal static class ByteText
{
    public static string Carry(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] Bytes(string carried) => Encoding.Latin1.GetBytes(carried);

    /// <summary>A word as text, for what is written into JSON: bytes that are not UTF-8 are lost there.</summary>
    public static string Text(string carried) => Encoding.UTF8.GetString(Bytes(carried));

    /// <summary>For messages.</summary>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(bytes, out var rune, out var length);
            if (status == System.Buffers.OperationStatus.Done && !Rune.IsControl(rune)) text.Append(rune.ToString());
            else foreach (var b in bytes[..length]) text.Append($"\\x{b:x2}");
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    /// <summary>For messages: a string that <see cref="Carry"/> made.</summary>
    public static string Show(string carried) => Show(Bytes(carried));
}
