using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>The header of 512 bytes that stands before each entry (POSIX.1-1988 "ustar", and GNU's numbers in base 256).</summary>
internal static class TarHeader
{
    public const int BlockSize = 512;

    private const int NameSize = 100;
    private const int ModeOffset = 100;
    private const int UidOffset = 108;
    private const int GidOffset = 116;
    private const int SizeOffset = 124;
    private const int TimeOffset = 136;
    private const int ChecksumOffset = 148;
    private const int FlagOffset = 156;
    private const int TargetOffset = 157;
    private const int MagicOffset = 257;
    private const int UserNameOffset = 265;
    private const int GroupNameOffset = 297;
    private const int MajorOffset = 329;
    private const int MinorOffset = 337;
    private const int PrefixOffset = 345;
    private const int PrefixSize = 155;
    private const int ShortNumber = 8;
    private const int LongNumber = 12;

    public static byte Flag(ReadOnlySpan<byte> block) => block[FlagOffset];

    /// <exception cref="InvalidDataException">Negative, or no number.</exception>
    public static long Size(ReadOnlySpan<byte> block)
    {
        var size = Number(block.Slice(SizeOffset, LongNumber));
        return size >= 0 ? size : throw new InvalidDataException("the size of an entry is negative");
    }

    public static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }

    public static TarEntry Parse(ReadOnlySpan<byte> block)
    {
        var name = UpToNul(block[..NameSize]).ToArray();

        // Old archives have other things where ustar has the prefix; GNU's magic is "ustar " and its prefix holds times.
        if (block.Slice(MagicOffset, 6).SequenceEqual("ustar\0"u8) && UpToNul(block.Slice(PrefixOffset, PrefixSize)) is { IsEmpty: false } prefix)
            name = [.. prefix, (byte)'/', .. name];
        var kind = Kind(block[FlagOffset]);
        var isDevice = kind is TarKind.CharDevice or TarKind.BlockDevice;
        return new TarEntry
        {
            Kind = kind,
            Name = name,
            Target = UpToNul(block.Slice(TargetOffset, NameSize)).ToArray(),
            Mode = (uint)Number(block.Slice(ModeOffset, ShortNumber)) & Linux.Mode.Permissions,
            Uid = Id(Number(block.Slice(UidOffset, ShortNumber))),
            Gid = Id(Number(block.Slice(GidOffset, ShortNumber))),
            Size = Size(block),
            ModifyTime = new Timestamp(Number(block.Slice(TimeOffset, LongNumber)), 0),
            DeviceMajor = isDevice ? (uint)Number(block.Slice(MajorOffset, ShortNumber)) : 0,
            DeviceMinor = isDevice ? (uint)Number(block.Slice(MinorOffset, ShortNumber)) : 0,
        };
    }

    public static bool HasRightChecksum(ReadOnlySpan<byte> block)
    {
        try
        {
            return Number(block.Slice(ChecksumOffset, ShortNumber)) == Checksum(block);
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Fills <paramref name="block"/>; what does not fit stands in pax records before it, and here in a cut form.</summary>
    public static void Write(Span<byte> block, TarEntry entry, byte flag, bool isUserRoot = false, bool isGroupRoot = false)
    {
        block.Clear();
        ReadOnlySpan<byte> name = entry.Name;
        if (name.Length > NameSize) name = name[..NameSize].TrimEnd((byte)'/'); // a slash at the end means a directory to some who read it
        name.CopyTo(block);
        PutNumber(block.Slice(ModeOffset, ShortNumber), entry.Mode);
        PutNumber(block.Slice(UidOffset, ShortNumber), entry.Uid);
        PutNumber(block.Slice(GidOffset, ShortNumber), entry.Gid);
        PutNumber(block.Slice(SizeOffset, LongNumber), entry.Size);
        PutNumber(block.Slice(TimeOffset, LongNumber), entry.ModifyTime.Seconds);
        block[FlagOffset] = flag;
        entry.Target.AsSpan(0, Math.Min(entry.Target.Length, NameSize)).CopyTo(block[TargetOffset..]);
        "ustar\000"u8.CopyTo(block[MagicOffset..]);
        if (isUserRoot) "root"u8.CopyTo(block[UserNameOffset..]);
        if (isGroupRoot) "root"u8.CopyTo(block[GroupNameOffset..]);
        PutNumber(block.Slice(MajorOffset, ShortNumber), entry.DeviceMajor);
        PutNumber(block.Slice(MinorOffset, ShortNumber), entry.DeviceMinor);
        PutNumber(block.Slice(ChecksumOffset, ShortNumber - 1), Checksum(block));
        block[ChecksumOffset + ShortNumber - 1] = (byte)' ';
    }

    /// <summary>Whether a header can say all of it; else pax records have to.</summary>
    public static bool Fits(TarEntry entry) =>
        entry.Name.Length <= NameSize && entry.Target.Length <= NameSize && entry.Uid < 1 << 21 && entry.Gid < 1 << 21
        && entry.Size < 1L << 33 && entry.ModifyTime is { Seconds: >= 0 and < 1L << 33, Nanoseconds: 0 } && entry.Xattrs.Count == 0;

    private static long Checksum(ReadOnlySpan<byte> block)
    {
        var sum = 0L;
        for (var i = 0; i < BlockSize; i++) sum += i is >= ChecksumOffset and < ChecksumOffset + ShortNumber ? ' ' : block[i];
        return sum;
    }

    private static TarKind Kind(byte flag) => flag switch
    {
        (byte)'0' or (byte)'7' or 0 => TarKind.File,
        (byte)'1' => TarKind.HardLink,
        (byte)'2' => TarKind.SymbolicLink,
        (byte)'3' => TarKind.CharDevice,
        (byte)'4' => TarKind.BlockDevice,
        (byte)'5' => TarKind.Directory,
        (byte)'6' => TarKind.Fifo,
        (byte)'S' => throw new InvalidDataException("it holds a sparse file of the GNU form, which image layers must not contain; write it without --sparse"),
        _ => throw new InvalidDataException($"it holds an entry of unknown type 0x{flag:x2}"),
    };

    private static uint Id(long number) => number is >= 0 and <= uint.MaxValue ? (uint)number : throw new InvalidDataException($"{number} is not a valid user or group id");

    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0) return BaseTwoFiveSix(field);
        var digits = UpToNul(field).Trim((byte)' ');
        var value = 0L;
        foreach (var digit in digits) value = digit is >= (byte)'0' and <= (byte)'7' ? (value << 3) | (uint)(digit - '0') : throw new InvalidDataException("a header holds an invalid number");
        return value;
    }

    private static long BaseTwoFiveSix(ReadOnlySpan<byte> field)
    {
        if (field.Length == ShortNumber) return BinaryPrimitives.ReadInt64BigEndian(field) << 1 >> 1;
        return BinaryPrimitives.ReadInt64BigEndian(field[(field.Length - 8)..]);
    }

    private static void PutNumber(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }
    }
}
