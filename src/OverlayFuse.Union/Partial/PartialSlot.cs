using System.Buffers.Binary;

namespace OverlayFuse.Union;

/// <summary>
/// The part of a map file that is not written once and does not only grow. There are two; the next one goes where the older one
/// stands, and of those that match their checksum the later counts.
/// </summary>
/// <param name="Limit">Bytes from here on are the upper's, whatever the bits say. It never grows.</param>
/// <param name="Boot">When the present bits were written: after another boot only the committed ones count.</param>
/// <param name="CutTo">The new size of a truncation, where <paramref name="Cut"/> is not None.</param>
internal readonly record struct PartialSlot(ulong Sequence, ulong Limit, BootId Boot, Cut Cut = Cut.None, ulong CutTo = 0)
{
    public const int Size = 64;

    public void Write(Span<byte> to)
    {
        to[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], (uint)Cut);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], Limit);
        Boot.Write(to[24..]);
        BinaryPrimitives.WriteUInt64LittleEndian(to[40..], CutTo);
        BinaryPrimitives.WriteUInt32LittleEndian(to, Crc32C.Of(to[4..Size]));
    }

    /// <summary>False: torn, or never written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out PartialSlot slot)
    {
        slot = default;
        if (from.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(from) != Crc32C.Of(from[4..Size])) return false;
        slot = new PartialSlot(
            BinaryPrimitives.ReadUInt64LittleEndian(from[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
            BootId.Read(from[24..]),
            (Cut)BinaryPrimitives.ReadUInt32LittleEndian(from[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[40..]));
        return slot.Cut <= Cut.Done && slot.Sequence > 0;
    }
}
