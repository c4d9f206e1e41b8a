using System.Buffers;
using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// WORKDIR/overlayfuse/stack: what the upper was last mounted on, for those who look at it while it is not mounted. Lines of text:
/// "upper INODE PATH" (hexadecimal), then "lower PATH" from the top, then "data PATH" for each data-only layer; line ends and backslashes in a path are written \OOO (octal).
/// </summary>
internal sealed record StackRecord(ulong UpperInode, byte[] Upper, List<byte[]> Lowers, List<byte[]> DataOnly)
{
    private const OpenFlags NewFile = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow;
    private const int Largest = 16 << 20;

    private static ReadOnlySpan<byte> Name => "stack"u8;

    private static ReadOnlySpan<byte> NewName => "stack.new"u8;

    /// <summary>NOENT where there is none, or where a loss of power has left nothing of a first one; PROTONOSUPPORT for a text that is not ours.</summary>
    public static Errno Read(DirFd root, out StackRecord? record)
    {
        record = null;
        var error = ReadText(root, out var text);
        if (error != Errno.None) return error;
        if (!text.AsSpan().ContainsAnyExcept((byte)0)) return Errno.NOENT;
        return TryParse(text, out record) ? Errno.None : Errno.PROTONOSUPPORT;
    }

    /// <summary>Writes the record where another or none stands. It is there for later, so that no mount fails for it.</summary>
    /// <param name="unsynced">Open where it is the first one: whoever mounts does not wait for the disk. To be synced when there is time, and closed.</param>
    public Errno Write(DirFd root, out Fd unsynced)
    {
        unsynced = Fd.None;
        var text = Format();
        var isFirst = ReadText(root, out var before) == Errno.NOENT;
        if (before.AsSpan().SequenceEqual(text)) return Errno.None;

        var error = Syscall.OpenAt(root, NewName, NewFile, Mode.OwnerReadWrite, out var file);
        if (error != Errno.None) return error;
        error = Syscall.PWrite(file, text, 0, out _);
        if (error == Errno.None && !isFirst) error = Syscall.FDataSync(file); // or a loss of power might leave neither
        if (error == Errno.None) error = Syscall.RenameAt2(root, NewName, root, Name, RenameFlags.None);
        if (error != Errno.None) _ = Syscall.UnlinkAt(root, NewName);
        if (error == Errno.None && isFirst) unsynced = file;
        else file.Close();
        return error;
    }

    public byte[] Format()
    {
        var text = new ArrayBufferWriter<byte>();
        text.Write("upper "u8);
        Span<byte> number = stackalloc byte[16];
        Utf8Formatter.TryFormat(UpperInode, number, out var digits, 'x');
        text.Write(number[..digits]);
        text.Write(" "u8);
        WritePath(text, Upper);
        foreach (var lower in Lowers)
        {
            text.Write("lower "u8);
            WritePath(text, lower);
        }
        foreach (var data in DataOnly)
        {
            text.Write("data "u8);
            WritePath(text, data);
        }
        return text.WrittenSpan.ToArray();
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out StackRecord? record)
    {
        record = null;
        if (text is not [.., (byte)'\n']) return false;
        foreach (var range in text[..^1].Split((byte)'\n'))
        {
            var line = text[range];
            if (record is null)
            {
                if (!line.StartsWith("upper "u8) || !Utf8Parser.TryParse(line[6..], out ulong inode, out var digits, 'x')) return false;
                line = line[(6 + digits)..];
                if (line is not [(byte)' ', ..] || !TryReadPath(line[1..], out var upper)) return false;
                record = new StackRecord(inode, upper, [], []);
                continue;
            }
            var isData = line.StartsWith("data "u8);
            if (!isData && (!line.StartsWith("lower "u8) || record.DataOnly.Count > 0)) return false;
            if (!TryReadPath(line[(isData ? 5 : 6)..], out var path)) return false;
            (isData ? record.DataOnly : record.Lowers).Add(path);
        }
        return record is { Lowers.Count: > 0 };
    }

    private static void WritePath(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> path)
    {
        foreach (var b in path)
        {
            if (b is (byte)'\n') text.Write("\\012"u8);
            else if (b is (byte)'\\') text.Write("\\134"u8);
            else text.Write([b]);
        }
        text.Write("\n"u8);
    }

    private static bool TryReadPath(ReadOnlySpan<byte> written, out byte[] path)
    {
        var bytes = new List<byte>(written.Length);
        path = [];
        for (var i = 0; i < written.Length; i++)
        {
            if (written[i] != '\\')
            {
                bytes.Add(written[i]);
                continue;
            }
            if (written[i..] is not [_, >= (byte)'0' and <= (byte)'3', >= (byte)'0' and <= (byte)'7', >= (byte)'0' and <= (byte)'7', ..]) return false;
            bytes.Add((byte)(((written[i + 1] - '0') << 6) | ((written[i + 2] - '0') << 3) | (written[i + 3] - '0')));
            i += 3;
        }
        path = [.. bytes];
        return path is [(byte)'/', ..];
    }

    private static Errno ReadText(DirFd root, out byte[] text)
    {
        text = [];
        var error = Syscall.OpenAt(root, Name, OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out var file);
        if (error != Errno.None) return error;
        error = Syscall.Stat(file, out var status);
        if (error == Errno.None && (status.Type != FileType.Regular || status.Size > Largest)) error = Errno.PROTONOSUPPORT;
        if (error == Errno.None)
        {
            text = new byte[(int)status.Size];
            error = Syscall.PRead(file, text, 0, out var count);
            text = text[..count];
        }
        file.Close();
        return error;
    }
}
