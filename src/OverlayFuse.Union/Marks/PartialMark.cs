using System.Buffers;
using System.Buffers.Text;

namespace OverlayFuse.Union;

/// <summary>The value of the partial mark: 16 random bytes, which in hexadecimal are the name of the map in WORKDIR/overlayfuse/partial.</summary>
internal static class PartialMark
{
    public const int Length = 16;

    public const int NameLength = 2 * Length;

    /// <summary>Writes the name of the map into a buffer of <see cref="NameLength"/>.</summary>
    public static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> id, Span<byte> buffer)
    {
        for (var i = 0; i < Length; i++) Utf8Formatter.TryFormat(id[i], buffer[(2 * i)..], out _, new StandardFormat('x', 2));
        return buffer[..NameLength];
    }
}
