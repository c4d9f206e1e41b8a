using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The OCI runtime, which makes namespaces, rights and cgroups: one call of it at a time.</summary>
/// <remarks>Without --runtime it is runc(8): crun would do, but refuses machines with cgroups of both versions.</remarks>
public sealed class Runtime(string program, string root)
{
    public static Runtime Of(StoredContainer container) => new(container.Record.Runtime, container.RuntimeRoot);

    /// <summary>Runs it to its end. It and the container get the three descriptors as 0, 1 and 2.</summary>
    /// <returns>The exit code and, when it is not 0, what it says went wrong.</returns>
    public (int ExitCode, string Error) Run(IReadOnlyList<string> words, Fd input, Fd output, Fd error)
    {
        Directory.CreateDirectory(root);
        var log = Path.Combine(root, $"log.{Identifier.New()[..8]}");
        string[] all = [program, "--root", root, "--log", log, "--log-format", "json", .. words];
        try
        {
            var failure = Syscall.Spawn(
                new SpawnRequest
                {
                    File = Encoding.UTF8.GetBytes(ProgramPath.Find(program) ?? program),
                    Arguments = [.. all.Select(Encoding.UTF8.GetBytes)],
                    Descriptors = [(input, 0), (output, 1), (error, 2)]
                },
                out var pid);
            if (failure != Errno.None)
                throw new RefusedException(
                    $"cannot start {program}, which isolates containers: {failure.Describe()}.{(program == "runc" ? " It is in the package runc." : "")}", 125);
            failure = Syscall.WaitPid(pid, out var exitCode);
            if (failure != Errno.None) throw new RefusedException($"cannot wait for {program}: {failure.Describe()}.", 125);
            return (exitCode, exitCode == 0 ? "" : LastError(log));
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>As <see cref="Run"/>, saying and hearing nothing.</summary>
    public (int ExitCode, string Error) RunQuietly(params string[] words)
    {
        if (Syscall.Open("/dev/null", OpenFlags.ReadWrite, out var nothing) is not Errno.None and var missing) throw new RefusedException($"cannot open /dev/null: {missing.Describe()}.", 125);
        try
        {
            return Run(words, nothing, nothing, nothing);
        }
        finally
        {
            nothing.Close();
        }
    }

    /// <summary>The calls of it for a container that are under way, whoever made them.</summary>
    internal static IEnumerable<int> CallsFor(StoredContainer container)
    {
        var words = $"\0--root\0{container.RuntimeRoot}\0";
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), out var pid) && CommandLine(process).Contains(words, StringComparison.Ordinal)) yield return pid;
        }
    }

    private static string CommandLine(string process)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"{process}/cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended
        }
    }

    /// <summary>The first process of a container as runc(8) has written it down, with the time it started at (proc(5)); null where there is none yet.</summary>
    internal static (int Pid, string Start)? FirstProcess(StoredContainer container)
    {
        if (AtomicFile.Read(Path.Combine(container.RuntimeRoot, container.Id, "state.json")) is not { } text) return null;
        try
        {
            var state = JsonNode.Parse(text);
            return state?["init_process_pid"] is { } pid && state["init_process_start"] is { } start ? (pid.GetValue<int>(), start.ToString()) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null; // it was killed while it wrote
        }
    }

    /// <summary>How a sentence of ours begins that goes on with the runtime's words.</summary>
    internal const string Refusal = "OCI runtime create failed: ";

    /// <summary>The code that docker ends with when a container cannot be started; what the runtime has said of its program tells.</summary>
    public static int ExitCodeFor(string sentence) =>
        !sentence.StartsWith(Refusal, StringComparison.Ordinal) ? 125
        : sentence.Contains("permission denied", StringComparison.Ordinal) || sentence.Contains("is a directory", StringComparison.Ordinal) ? 126
        : sentence.Contains("no such file or directory", StringComparison.Ordinal) || sentence.Contains("executable file not found", StringComparison.Ordinal) ? 127
        : 125;

    private static string LastError(string log)
    {
        var message = "";
        if (AtomicFile.Read(log) is not { } text) return message;
        foreach (var line in Encoding.UTF8.GetString(text).Split('\n'))
        {
            try
            {
                if (line.Length > 0 && JsonNode.Parse(line) is JsonObject entry && (string?)entry["level"] is "error" or "fatal")
                    message = (string?)((JsonObject)JsonNode.Parse(line)!)["msg"] ?? message;
            }
            catch (JsonException)
            {
                // A line cut short.
            }
        }
        return message;
    }
}
