using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The value of security.capability, which names a user: the root of the namespace in which the capabilities count (capabilities(7)).</summary>
/// <remarks>struct vfs_ns_cap_data of linux/capability.h: version 2 speaks of user 0, version 3 has the user behind the rest.</remarks>
internal static class FileCapability
{
    /// <summary>Bytes of the longest value.</summary>
    public const int MaxLength = 24;

    private const int Length2 = 20;
    private const uint Revision = 0xFF000000;
    private const uint Revision2 = 0x02000000;
    private const uint Revision3 = 0x03000000;

    public static ReadOnlySpan<byte> Name => "security.capability"u8;

    /// <summary>A stored value as it shows, in place. NODATA: it counts in no namespace that is shown.</summary>
    /// <param name="value">Room for <see cref="MaxLength"/> bytes, <paramref name="length"/> of them the value.</param>
    public static Errno Show(Span<byte> value, ref int length, IdMap uids)
    {
        if (!TryGetRoot(value[..length], out var stored)) return Errno.None;
        if (!uids.TryShow(stored, out var shown)) return Errno.NODATA;
        if (shown != stored || length == MaxLength) length = SetRoot(value, shown);
        return Errno.None;
    }

    /// <summary>A value as it is to be stored, in place. OVERFLOW: its user has no place in the layers. Version 2 stays, whoever sets it.</summary>
    public static Errno Store(Span<byte> value, IdMap uids)
    {
        if (value.Length != MaxLength || !TryGetRoot(value, out var shown)) return Errno.None;
        if (!uids.TryStore(shown, out var stored)) return Errno.OVERFLOW;
        SetRoot(value, stored);
        return Errno.None;
    }

    private static bool TryGetRoot(ReadOnlySpan<byte> value, out uint root)
    {
        root = value.Length == MaxLength ? BinaryPrimitives.ReadUInt32LittleEndian(value[Length2..]) : 0;
        return value.Length is Length2 or MaxLength && (BinaryPrimitives.ReadUInt32LittleEndian(value) & Revision) == (value.Length == MaxLength ? Revision3 : Revision2);
    }

    private static int SetRoot(Span<byte> value, uint root)
    {
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(value) & ~Revision;
        BinaryPrimitives.WriteUInt32LittleEndian(value, flags | Revision3);
        BinaryPrimitives.WriteUInt32LittleEndian(value[Length2..], root);
        return MaxLength;
    }
}
