using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The log of a container in docker's json-file form: one object a line, with the text, the stream and the time.</summary>
public sealed class ContainerLog : IDisposable
{
    private const int LongestLine = 16 * 1024; // what is longer is cut into pieces without line ends

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new(); // protects the file: two streams write
    private readonly Fd _file;

    private ContainerLog(Fd file) => _file = file;

    public static ContainerLog? Open(string path) =>
        Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(path), OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.Create, 0x1a0 /* 0640 */, out var file) == Errno.None
            ? new ContainerLog(file)
            : null;

    /// <summary>Takes whole lines out of <paramref name="text"/> and gives back how much; with <paramref name="isEnd"/> all of it.</summary>
    public int Write(ReadOnlySpan<byte> text, string stream, bool isEnd)
    {
        var taken = 0;
        while (taken < text.Length)
        {
            var rest = text[taken..];
            var end = rest.IndexOf((byte)'\n') + 1;
            if (end == 0 && !isEnd && rest.Length < LongestLine) break;
            if (end == 0 || end > LongestLine) end = Math.Min(rest.Length, LongestLine);
            Append(rest[..end], stream);
            taken += end;
        }
        return taken;
    }

    public void Dispose() => _file.Close();

    private void Append(ReadOnlySpan<byte> line, string stream)
    {
        var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString("log", Encoding.UTF8.GetString(line));
            writer.WriteString("stream", stream);
            writer.WriteString("time", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff00'Z'", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }
        text.WriteByte((byte)'\n');
        lock (_gate) _ = Syscall.Write(_file, text.ToArray(), out _); // a full disk costs lines of the log, not the container
    }
}
