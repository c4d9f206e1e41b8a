using System.Buffers.Text;

namespace OverlayFuse.Union;

/// <summary>The value of the nlink mark: the link count that the union shows, as a difference: "U+1", "L-2".</summary>
/// <remarks>Kernel: ovl_set_nlink_common(), ovl_get_nlink(), which falls back to the count of the real inode where it cannot read the mark.</remarks>
internal readonly record struct NlinkMark(NlinkBase Base, int Difference)
{
    /// <summary>Letter, sign and ten digits.</summary>
    public const int MaxLength = 12;

    public static bool TryParse(ReadOnlySpan<byte> value, out NlinkMark mark)
    {
        mark = default;
        if (value is not [(byte)'U' or (byte)'L', (byte)'+' or (byte)'-', >= (byte)'0' and <= (byte)'9', ..] || value.Length > MaxLength) return false;
        if (!Utf8Parser.TryParse(value[1..], out int difference, out var consumed) || consumed != value.Length - 1) return false;

        mark = new NlinkMark((NlinkBase)value[0], difference);
        return true;
    }

    /// <summary>The count that the union shows; false where it would be 0, which no living name can have.</summary>
    public bool TryResolve(uint upperCount, uint lowerCount, out uint count)
    {
        var sum = (Base == NlinkBase.Upper ? upperCount : lowerCount) + (long)Difference;
        count = sum is > 0 and <= uint.MaxValue ? (uint)sum : 0;
        return count > 0;
    }

    /// <summary>Writes the mark and returns its length; <see cref="MaxLength"/> bytes suffice.</summary>
    public int Format(Span<byte> to)
    {
        to[0] = (byte)Base;
        if (Difference >= 0) to[1] = (byte)'+';
        Utf8Formatter.TryFormat(Difference, Difference >= 0 ? to[2..] : to[1..], out var digits);
        return digits + (Difference >= 0 ? 2 : 1);
    }
}
