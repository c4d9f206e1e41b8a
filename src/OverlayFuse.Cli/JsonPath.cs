using System.Text;
using System.Text.Unicode;

namespace OverlayFuse.Cli;

/// <summary>A path: as text, and where it is no UTF-8, its bytes too (base64).</summary>
internal sealed record JsonPath(string Text, byte[]? Bytes)
{
    public static JsonPath Of(byte[] path) => new(Encoding.UTF8.GetString(path), Utf8.IsValid(path) ? null : path);
}
