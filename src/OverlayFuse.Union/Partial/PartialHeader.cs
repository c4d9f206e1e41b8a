using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The beginning of a map file, written once: what it is a map of.</summary>
internal readonly record struct PartialHeader(PartialLayout Layout, Fingerprint Lower)
{
    public const int Size = 56;

    private const int ChecksumAt = 52;

    public static ReadOnlySpan<byte> Magic => "ofuse-p1"u8;

    public static PartialHeader For(in Fingerprint lower) => new(PartialLayout.For(lower.Size), lower);

    public void Write(Span<byte> to)
    {
        Magic.CopyTo(to);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], (uint)Layout.BlockShift);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], (uint)Lower.Layer);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], Lower.Inode);
        BinaryPrimitives.WriteUInt64LittleEndian(to[24..], Lower.Size);
        BinaryPrimitives.WriteInt64LittleEndian(to[32..], Lower.ModifyTime.Seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(to[40..], Lower.ModifyTime.Nanoseconds);
        BinaryPrimitives.WriteUInt64LittleEndian(to[44..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(to[ChecksumAt..], Crc32C.Of(to[..ChecksumAt]));
    }

    /// <summary>PROTONOSUPPORT: another form; BADMSG: it does not match its checksum, or nothing was ever written.</summary>
    public static Errno Read(ReadOnlySpan<byte> from, out PartialHeader header)
    {
        header = default;
        if (from.Length < Size || !from[..Size].ContainsAnyExcept((byte)0)) return Errno.BADMSG;
        if (!from.StartsWith(Magic)) return Errno.PROTONOSUPPORT;
        if (BinaryPrimitives.ReadUInt32LittleEndian(from[ChecksumAt..]) != Crc32C.Of(from[..ChecksumAt])) return Errno.BADMSG;
        var time = new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(from[32..]), BinaryPrimitives.ReadUInt32LittleEndian(from[40..]));
        var lower = new Fingerprint((int)BinaryPrimitives.ReadUInt32LittleEndian(from[12..]), BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[24..]), time);
        header = For(lower);
        return header.Layout.BlockShift == BinaryPrimitives.ReadUInt32LittleEndian(from[8..]) && lower.Size > 0 ? Errno.None : Errno.BADMSG;
    }
}
