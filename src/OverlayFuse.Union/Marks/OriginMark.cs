namespace OverlayFuse.Union;

/// <summary>The value of the origin mark: the file handle of the object that an upper object was copied from.</summary>
/// <remarks>
/// Kernel: struct ovl_fb, ovl_check_fb_len(). Wrong magic and unknown versions are broken; what is cut short, has unknown flags or
/// was written by a machine of the other byte order is an origin that cannot be told.
/// </remarks>
internal readonly ref struct OriginMark
{
    /// <summary>version, magic, length, flags, handle type, 16 bytes of uuid; the handle follows.</summary>
    public const int HeaderLength = 21;

    /// <summary>The longest mark: a handle of MAX_HANDLE_SZ.</summary>
    public const int MaxLength = HeaderLength + 128;

    private const byte Version = 0;
    private const byte Magic = 0xfb;
    private const byte BigEndian = 1;
    private const byte AnyEndian = 2;
    private const byte PathUpper = 4;

    private const int LengthOffset = 2;
    private const int FlagsOffset = 3;
    private const int TypeOffset = 4;
    private const int UuidOffset = 5;
    private const int UuidLength = 16;

    public byte HandleType { get; private init; }

    /// <summary>The uuid of the file system the handle is of; zeros where it has none.</summary>
    public ReadOnlySpan<byte> Uuid { get; private init; }

    public ReadOnlySpan<byte> Handle { get; private init; }

    private static byte NativeEndian => BitConverter.IsLittleEndian ? (byte)0 : BigEndian;

    public static OriginKind Parse(ReadOnlySpan<byte> value, out OriginMark origin)
    {
        origin = default;
        if (value.Length > 0 && value[0] != Version) return OriginKind.Broken;
        if (value.Length > 1 && value[1] != Magic) return OriginKind.Broken;
        if (value.Length < HeaderLength || value[LengthOffset] < HeaderLength || value[LengthOffset] > value.Length) return OriginKind.Unknown;

        var flags = value[FlagsOffset];
        if ((flags & ~(BigEndian | AnyEndian | PathUpper)) != 0) return OriginKind.Unknown;
        if ((flags & AnyEndian) == 0 && (flags & BigEndian) != NativeEndian) return OriginKind.Unknown;

        origin = new OriginMark
        {
            HandleType = value[TypeOffset],
            Uuid = value.Slice(UuidOffset, UuidLength),
            Handle = value[HeaderLength..value[LengthOffset]],
        };
        return OriginKind.Valid;
    }

    /// <summary>Writes a mark as the kernel would; 0 where the handle is too long for one (write an empty mark then).</summary>
    public static int Format(Span<byte> to, ReadOnlySpan<byte> uuid, byte handleType, ReadOnlySpan<byte> handle)
    {
        var length = HeaderLength + handle.Length;
        if (length > MaxLength || length > to.Length || uuid.Length != UuidLength) return 0;

        to[0] = Version;
        to[1] = Magic;
        to[LengthOffset] = (byte)length;
        to[FlagsOffset] = NativeEndian;
        to[TypeOffset] = handleType;
        uuid.CopyTo(to[UuidOffset..]);
        handle.CopyTo(to[HeaderLength..]);
        return length;
    }
}
