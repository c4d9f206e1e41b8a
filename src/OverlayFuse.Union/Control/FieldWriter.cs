using System.Globalization;
using System.Text;

namespace OverlayFuse.Union;

/// <summary>Writes fields "KEY=VALUE", each closed by a NUL, which no path can hold.</summary>
public sealed class FieldWriter
{
    private readonly MemoryStream _text = new();

    public void Add(string key, ReadOnlySpan<byte> value)
    {
        _text.Write(Encoding.ASCII.GetBytes(key));
        _text.WriteByte((byte)'=');
        _text.Write(value);
        _text.WriteByte(0);
    }

    public void Add(string key, long value) => Add(key, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A choice by its name in small letters.</summary>
    public void Add(string key, Enum value) => Add(key, Encoding.ASCII.GetBytes(value.ToString().ToLowerInvariant()));

    public byte[] ToArray() => _text.ToArray();
}
