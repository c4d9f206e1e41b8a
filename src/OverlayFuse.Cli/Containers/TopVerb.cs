using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse top CONTAINER [PS OPTIONS]": what ps(1) says of the processes in it.</summary>
internal static class TopVerb
{
    private const int Narrowest = 20; // docker's

    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var options = new Argument<string[]>("OPTIONS") { Description = "Options of ps(1) (default: -ef).", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("top", "List the processes in a container.") { name, options };
        command.SetAction(result =>
        {
            var container = new ContainerStore(StatePlace.ToRead()).Get(ByteText.Text(result.GetRequiredValue(name)));
            if (!container.IsRunning) throw new RefusedException($"Container {container.Id} is not running");
            if (container.IsRestarting) throw new RefusedException($"Container {container.Id} is restarting, wait until the container is running");
            var words = (result.GetValue(options) ?? []).Select(ByteText.Text).ToList();
            Terminal.Print(Table(Ps(words.Count > 0 ? words : ["-ef"]), Inside(container.State.Pid)));
            return 0;
        });
        return command;
    }

    /// <summary>The rows of ps for these processes. Pure.</summary>
    internal static string Table(string ps, IReadOnlySet<string> processes)
    {
        var lines = ps.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var headings = Fields(lines[0], int.MaxValue);
        var place = Array.IndexOf(headings, "PID");
        if (place < 0) throw new RefusedException("Couldn't find PID field in ps output");
        var rows = lines.Skip(1).Select(line => Fields(line, headings.Length)).Where(row => row.Length == headings.Length && processes.Contains(row[place])).Prepend(headings).ToList();
        var widths = Enumerable.Range(0, headings.Length).Select(column => Math.Max(Narrowest, rows.Max(row => row[column].Length) + 3)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length - 1; column++) text.Append(row[column].PadRight(widths[column]));
            text.Append(row[^1]).Append('\n');
        }
        return text.ToString();
    }

    // The last one, a command, holds blanks.
    private static string[] Fields(string line, int count)
    {
        var fields = new List<string>();
        var rest = line.Trim();
        while (rest.Length > 0)
        {
            var end = fields.Count == count - 1 ? rest.Length : rest.IndexOf(' ');
            fields.Add(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? "" : rest[end..].TrimStart();
        }
        return [.. fields];
    }

    /// <summary>The processes that share the process namespace of one.</summary>
    private static HashSet<string> Inside(int pid)
    {
        var space = Namespace(pid.ToString(CultureInfo.InvariantCulture));
        return [.. Directory.EnumerateDirectories("/proc").Select(path => Path.GetFileName(path)).Where(name => char.IsAsciiDigit(name[0]) && space is not null && Namespace(name) == space)];
    }

    private static string? Namespace(string pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/pid").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // ended meanwhile, or another user's
        }
    }

    private static string Ps(IEnumerable<string> options)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("ps", options) { RedirectStandardOutput = true })!;
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 && text.Length > 0 ? text : throw new RefusedException("ps(1) refused these options; its message is above.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new RefusedException("cannot start ps(1), which lists processes. It is in the package procps.");
        }
    }
}
