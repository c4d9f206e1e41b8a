using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The log of a container, or a part of it, to our own streams.</summary>
internal sealed class LogView
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly MemoryStream _rest = new();

    /// <summary>The time before each line.</summary>
    public bool Times { get; init; }

    /// <summary>What "log options" add to each line, which is nothing, and a blank.</summary>
    public bool Details { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>So many lines are left out.</summary>
    public int Skip { get; set; }

    public static int CountLines(StoredContainer container) => File.Exists(container.LogPath) ? File.ReadLines(container.LogPath).Count() : 0;

    /// <param name="goesOn">Whether more may be written; asked before each last look.</param>
    public void Show(StoredContainer container, Func<bool> goesOn)
    {
        if (!File.Exists(container.LogPath)) return;
        using var file = new FileStream(container.LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var isLast = !goesOn();
            for (int count; (count = file.Read(buffer)) > 0;) Lines(buffer.AsSpan(0, count));
            if (isLast || DateTimeOffset.UtcNow >= Until) return;
            Thread.Sleep(Step);
        }
    }

    /// <summary>The text of a line; null: it is not shown.</summary>
    internal string? Text(JsonObject entry)
    {
        var time = (string?)entry["time"] ?? "";
        if ((Since is not null || Until is not null) && HumanText.Time(time) is { } moment && (moment < Since || moment > Until)) return null;
        return $"{(Times ? time + " " : "")}{(Details ? " " : "")}{entry["log"]}";
    }

    private void Lines(ReadOnlySpan<byte> more)
    {
        while (more.IndexOf((byte)'\n') is var end and >= 0)
        {
            _rest.Write(more[..end]);
            if (Skip-- <= 0) Line(_rest.ToArray());
            _rest.SetLength(0);
            more = more[(end + 1)..];
        }
        _rest.Write(more);
    }

    private void Line(byte[] json)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject entry || Text(entry) is not { } text) return;
            var error = Syscall.WriteAll(new Fd((string?)entry["stream"] == "stderr" ? 2 : 1), Encoding.UTF8.GetBytes(text));
            if (error == Errno.PIPE) throw new OutputClosedException();
            if (error != Errno.None) throw new RefusedException($"cannot write the output of the container: {error.Describe()}.");
        }
        catch (JsonException)
        {
            // Cut short by a full disk.
        }
    }
}
