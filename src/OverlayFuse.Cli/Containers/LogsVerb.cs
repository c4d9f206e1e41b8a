using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse logs [-f] CONTAINER".</summary>
internal static class LogsVerb
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what it writes, until it ends." };
        var times = new Option<bool>("--timestamps", "-t") { Description = "The time before each line." };
        var tail = new Option<string>("--tail", "-n") { Description = "So many lines at the end only." };
        var command = new Command("logs", "Show what a container has written.") { name, follow, times, tail };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToRead());
            var container = store.Get(ByteText.Text(result.GetRequiredValue(name)));
            var skip = int.TryParse(result.GetValue(tail), out var count) && File.Exists(container.LogPath) ? Math.Max(0, File.ReadLines(container.LogPath).Count() - count) : 0;
            Show(store, container, result.GetValue(follow), result.GetValue(times), skip);
            return 0;
        });
        return command;
    }

    private static void Show(ContainerStore store, StoredContainer container, bool follow, bool times, int skip)
    {
        if (!File.Exists(container.LogPath)) return;
        using var file = new FileStream(container.LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var rest = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            // Asked before the last look: what is written until its end is seen.
            var goesOn = follow && store.Read(container.Id) is { IsServed: true };
            for (int count; (count = file.Read(buffer)) > 0;) Lines(rest, buffer.AsSpan(0, count), times, ref skip);
            if (!goesOn) return;
            Thread.Sleep(Step);
        }
    }

    private static void Lines(MemoryStream rest, ReadOnlySpan<byte> more, bool times, ref int skip)
    {
        while (more.IndexOf((byte)'\n') is var end and >= 0)
        {
            rest.Write(more[..end]);
            if (skip-- <= 0) Line(rest.ToArray(), times);
            rest.SetLength(0);
            more = more[(end + 1)..];
        }
        rest.Write(more);
    }

    private static void Line(byte[] json, bool times)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject entry) return;
            var text = (times ? entry["time"] + " " : "") + entry["log"];
            _ = Syscall.WriteAll(new Fd((string?)entry["stream"] == "stderr" ? 2 : 1), Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException)
        {
            // Cut short by a full disk.
        }
    }
}
