using System.Buffers.Binary;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>What the daemon tells its caller: that the mount is live, with remarks, or the sentence of its error; before that perhaps what it waits for.</summary>
/// <remarks>
/// One byte (0: not mounted, 1: live, 2: more follows), the length of the rest in four (little-endian), and sentences parted by NUL. The length stands there
/// because the end of the pipe may never come: a runtime that is not compiled ahead of time keeps copies of its standard streams.
/// </remarks>
internal sealed record DaemonReply(bool IsLive, IReadOnlyList<string> Sentences, bool MoreFollows = false)
{
    private const int Header = 5;

    public byte[] Write()
    {
        var text = Encoding.UTF8.GetBytes(string.Join('\0', Sentences));
        byte[] reply = [(byte)(MoreFollows ? 2 : IsLive ? 1 : 0), 0, 0, 0, 0, .. text];
        BinaryPrimitives.WriteInt32LittleEndian(reply.AsSpan(1), text.Length);
        return reply;
    }

    /// <summary>Null when the pipe ends before a whole reply has come: the daemon died.</summary>
    public static DaemonReply? Read(Fd pipe)
    {
        var header = new byte[Header];
        if (!Fill(pipe, header)) return null;
        var text = new byte[BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1))];
        if (!Fill(pipe, text)) return null;
        return new DaemonReply(header[0] == 1, text.Length == 0 ? [] : Encoding.UTF8.GetString(text).Split('\0'), header[0] == 2);
    }

    private static bool Fill(Fd pipe, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (Syscall.Read(pipe, buffer, out var count) != Errno.None || count == 0) return false;
            buffer = buffer[count..];
        }
        return true;
    }
}
