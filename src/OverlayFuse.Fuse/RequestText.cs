using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>A request and its answer in one line, for people who want to see what the kernel asks: <c>LOOKUP node 1 "motd" by process 4711: node 5, 35 us</c>.</summary>
internal static class RequestText
{
    /// <param name="request">As it was received.</param>
    /// <param name="answer">As it will be sent; empty where the kernel wants none.</param>
    /// <param name="took">From one to the other.</param>
    public static string Of(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer, TimeSpan took)
    {
        var header = MemoryMarshal.Read<InHeader>(request);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{header.Opcode.ToString().ToUpperInvariant()} node {header.Node.Value}");
        AddDetails(text, header.Opcode, request[Exchange.HeaderSize..]);
        if (header.Pid != 0) text.Append(CultureInfo.InvariantCulture, $" by process {header.Pid}");
        if (header.Uid != Request.UnmappedId) text.Append(CultureInfo.InvariantCulture, $" of {header.Uid}:{header.Gid}"); // told where something is made
        text.Append(": ").Append(Outcome(header.Opcode, answer));
        text.Append(CultureInfo.InvariantCulture, $", {took.TotalMicroseconds:F0} us");
        return text.ToString();
    }

    private static string Outcome(Opcode opcode, ReadOnlySpan<byte> answer)
    {
        if (answer.IsEmpty) return "no answer";
        var error = MemoryMarshal.Read<OutHeader>(answer).Error;
        if (error != 0) return $"E{(Errno)(-error)}";

        var body = answer[Exchange.AnswerHeaderSize..];
        if (opcode is Opcode.Lookup or Opcode.Mknod or Opcode.Mkdir or Opcode.Symlink or Opcode.Link or Opcode.Create or Opcode.TmpFile)
        {
            var node = MemoryMarshal.Read<EntryOut>(body).Node;
            return node == NodeId.None ? "no such name, to be remembered" : string.Create(CultureInfo.InvariantCulture, $"node {node.Value}");
        }
        return body.IsEmpty ? "ok" : string.Create(CultureInfo.InvariantCulture, $"{body.Length} bytes");
    }

    private static void AddDetails(StringBuilder text, Opcode opcode, ReadOnlySpan<byte> body)
    {
        switch (opcode)
        {
            case Opcode.Lookup or Opcode.Unlink or Opcode.Rmdir or Opcode.RemoveXattr:
                AddNames(text, body, 1);
                break;
            case Opcode.Symlink:
                AddNames(text, body, 2);
                break;
            case Opcode.Mknod:
                AddNames(text, After<MknodIn>(body), 1);
                break;
            case Opcode.Mkdir:
                AddNames(text, After<MkdirIn>(body), 1);
                break;
            case Opcode.Create:
                AddNames(text, After<CreateIn>(body), 1);
                break;
            case Opcode.Link or Opcode.Rename:
                AddNames(text, After<NodeId>(body), opcode == Opcode.Link ? 1 : 2);
                break;
            case Opcode.Rename2:
                AddNames(text, After<Rename2In>(body), 2);
                break;
            case Opcode.GetXattr:
                AddNames(text, After<ulong>(body), 1); // struct fuse_getxattr_in
                break;
            case Opcode.Read or Opcode.ReadDir or Opcode.ReadDirPlus or Opcode.Write when MemoryMarshal.TryRead<TransferIn>(body, out var transfer):
                text.Append(CultureInfo.InvariantCulture, $" {transfer.Size} bytes at {(ulong)transfer.Offset}");
                break;
            case Opcode.SetAttr when MemoryMarshal.TryRead<SetAttrIn>(body, out var change):
                text.Append(' ').Append(change.Valid);
                break;
        }
    }

    private static ReadOnlySpan<byte> After<T>(ReadOnlySpan<byte> body) => body[Math.Min(Unsafe.SizeOf<T>(), body.Length)..];

    private static void AddNames(StringBuilder text, ReadOnlySpan<byte> body, int count)
    {
        for (; count > 0 && !body.IsEmpty; count--)
        {
            var end = body.IndexOf((byte)0);
            var name = end < 0 ? body : body[..end];
            body = body[Math.Min(name.Length + 1, body.Length)..];
            text.Append(" \"");
            foreach (var letter in Encoding.UTF8.GetString(name))
            {
                if (char.IsControl(letter)) text.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}");
                else text.Append(letter);
            }
            text.Append('"');
        }
    }
}
