using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The messages by which a live mount is asked, byte for byte: the argument of an ioctl(2) on its root directory.</summary>
/// <remarks>
/// Through FUSE an ioctl carries at most 14 bits of length. So a question is answered by a ticket and a length, and the answer is
/// fetched in pieces. The layouts are in README.md, "Talking to a live mount".
/// </remarks>
public static class ControlMessage
{
    /// <summary>_IOWR('O', 0x51, char[AskSize]): a question.</summary>
    public const uint Ask = 0xC0000000 | (AskSize << 16) | ('O' << 8) | 0x51;

    /// <summary>_IOWR('O', 0x52, char[FetchSize]): a piece of an answer.</summary>
    public const uint Fetch = 0xC0000000 | (FetchSize << 16) | ('O' << 8) | 0x52;

    public const int AskSize = Head + MaxArgument;

    public const int FetchSize = 16380;

    /// <summary>PATH_MAX.</summary>
    public const int MaxArgument = 4096;

    /// <summary>What a piece holds at most.</summary>
    public const int MaxPiece = FetchSize - Head;

    private const int Head = 16;

    private static ReadOnlySpan<byte> Magic => "ofuse-c1"u8;

    public static void WriteQuestion(Span<byte> message, ControlKind kind, ReadOnlySpan<byte> argument)
    {
        message.Clear();
        Magic.CopyTo(message);
        BinaryPrimitives.WriteUInt32LittleEndian(message[8..], (uint)kind);
        BinaryPrimitives.WriteUInt32LittleEndian(message[12..], (uint)argument.Length);
        argument.CopyTo(message[Head..]);
    }

    /// <summary>INVAL for what is not a question of this version. Whoever answers knows which kinds there are.</summary>
    public static Errno ReadQuestion(ReadOnlySpan<byte> message, out ControlKind kind, out ReadOnlySpan<byte> argument)
    {
        kind = default;
        argument = default;
        if (message.Length != AskSize || !message.StartsWith(Magic)) return Errno.INVAL;
        kind = (ControlKind)BinaryPrimitives.ReadUInt32LittleEndian(message[8..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(message[12..]);
        if (length > MaxArgument) return Errno.INVAL;
        argument = message.Slice(Head, (int)length);
        return Errno.None;
    }

    /// <summary>The answer to a question: where it can be fetched, and how long it is.</summary>
    public static int WriteTicket(Span<byte> message, ulong ticket, long length) => WritePair(message, ticket, (ulong)length);

    public static (ulong Ticket, long Length) ReadTicket(ReadOnlySpan<byte> message)
    {
        var (ticket, length) = ReadPair(message);
        return (ticket, (long)length);
    }

    /// <summary>Asks for the piece of an answer from <paramref name="offset"/> on.</summary>
    public static void WriteFetch(Span<byte> message, ulong ticket, long offset)
    {
        message.Clear();
        WritePair(message, ticket, (ulong)offset);
    }

    public static Errno ReadFetch(ReadOnlySpan<byte> message, out ulong ticket, out ulong offset)
    {
        (ticket, offset) = message.Length == FetchSize ? ReadPair(message) : default;
        return message.Length == FetchSize ? Errno.None : Errno.INVAL;
    }

    /// <summary>Writes a piece and returns the length of the message.</summary>
    public static int WritePiece(Span<byte> message, ulong ticket, ReadOnlySpan<byte> piece)
    {
        WritePair(message, ticket, (ulong)piece.Length);
        piece.CopyTo(message[Head..]);
        return Head + piece.Length;
    }

    /// <summary>Empty where the message contradicts itself.</summary>
    public static ReadOnlySpan<byte> ReadPiece(ReadOnlySpan<byte> message)
    {
        var (_, length) = ReadPair(message);
        return length > MaxPiece ? [] : message.Slice(Head, (int)length);
    }

    private static int WritePair(Span<byte> message, ulong first, ulong second)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(message, first);
        BinaryPrimitives.WriteUInt64LittleEndian(message[8..], second);
        return Head;
    }

    private static (ulong, ulong) ReadPair(ReadOnlySpan<byte> message) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(message), BinaryPrimitives.ReadUInt64LittleEndian(message[8..]));
}
