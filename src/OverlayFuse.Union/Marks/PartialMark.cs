using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The value of the partial mark: which map in WORKDIR/overlayfuse/partial speaks of the file. Until that map was synced for the first time
/// the mark is <i>young</i> and holds the map's beginnings too: a loss of power may take the map, and then it begins anew from these.
/// </summary>
/// <param name="Id">Random. In hexadecimal it is the name of the map.</param>
/// <param name="Boot">Of a young mark, the boot that it was written in.</param>
/// <param name="Lower">Of a young mark, the lower file; else nothing.</param>
/// <param name="Limit">Of a young mark, where the map's limit began.</param>
internal readonly record struct PartialMark(UInt128 Id, BootId Boot = default, Fingerprint Lower = default, ulong Limit = 0)
{
    public const int NameLength = 32;

    /// <summary>The length of a value, and that of a young mark.</summary>
    public const int Length = 16;

    public const int YoungLength = 72;

    public bool IsYoung => Lower.Size > 0;

    /// <summary>What the mark says when the map is on disk for good.</summary>
    public PartialMark Grown => new(Id);

    public static PartialMark Young(BootId boot, in Fingerprint lower, ulong limit)
    {
        var random = Guid.NewGuid(); // not RandomNumberGenerator: it would load OpenSSL, which takes longer than the copy-up
        return new(Unsafe.BitCast<Guid, UInt128>(random), boot, lower, limit);
    }

    /// <summary>Whether a loss of power can be why the map is gone or broken. While the kernel lives nothing takes it, so then it must be there.</summary>
    public bool MayHaveLostMap(BootId boot) => IsYoung && Boot != boot;

    /// <summary>Writes the name of the map into a buffer of <see cref="NameLength"/>.</summary>
    public ReadOnlySpan<byte> Name(Span<byte> buffer)
    {
        _ = Id.TryFormat(buffer, out var length, "x32", null);
        return buffer[..length];
    }

    /// <summary>Writes the value into a buffer of <see cref="YoungLength"/>.</summary>
    public ReadOnlySpan<byte> Write(Span<byte> buffer)
    {
        BinaryPrimitives.WriteUInt128BigEndian(buffer, Id);
        if (!IsYoung) return buffer[..Length];
        Boot.Write(buffer[16..]);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[32..], (uint)Lower.Layer);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[36..], Lower.ModifyTime.Nanoseconds);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[40..], Lower.ModifyTime.Seconds);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[48..], Lower.Inode);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[56..], Lower.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[64..], Limit);
        return buffer[..YoungLength];
    }

    /// <summary>False: it cannot be understood.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out PartialMark mark)
    {
        mark = from.Length is Length or YoungLength ? new PartialMark(BinaryPrimitives.ReadUInt128BigEndian(from)) : default;
        if (from.Length != YoungLength) return from.Length == Length;
        var time = new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(from[40..]), BinaryPrimitives.ReadUInt32LittleEndian(from[36..]));
        var lower = new Fingerprint((int)BinaryPrimitives.ReadUInt32LittleEndian(from[32..]), BinaryPrimitives.ReadUInt64LittleEndian(from[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[56..]), time);
        mark = mark with { Boot = BootId.Read(from[16..]), Lower = lower, Limit = BinaryPrimitives.ReadUInt64LittleEndian(from[64..]) };
        return mark.IsYoung && mark.Limit <= lower.Size;
    }
}
