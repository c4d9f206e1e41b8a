using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>A program that exec runs in a container beside its first one: with the container's variables, limits and rights.</summary>
public static class FurtherProcess
{
    private const int CannotExecute = 126;

    /// <summary>Runs it to its end, or with <paramref name="isDetached"/> until it has begun.</summary>
    /// <param name="root">The container's root file system.</param>
    /// <returns>The exit code and, when it could not be started, what the runtime says of that and has not said itself.</returns>
    /// <exception cref="RefusedException">There is no such user, or it makes no sense.</exception>
    public static (int ExitCode, string Error) Run(StoredContainer container, ExecRequest request, DirFd root, Attachment streams, bool isDetached)
    {
        var user = User(container.Record, request, root);
        var spec = Describe(container.Record, request, user, HostFacts.BoundingSet());
        var place = Path.Combine(container.RuntimeRoot, $"exec.{Identifier.New()[..8]}");
        Directory.CreateDirectory(place);
        try
        {
            var path = Path.Combine(place, "process.json");
            File.WriteAllBytes(path, Encoding.UTF8.GetBytes(spec.ToJsonString()));
            _ = Syscall.Umask(ProcessSpec.UsualMask); // older runtimes hand on their own, which is the caller's
            if (request.Terminal) return RunOnTerminal(container, place, path, streams);
            string[] how = isDetached ? ["--detach"] : [];
            var ended = Refusable(Runtime.Of(container).Run(["exec", .. how, "--process", path, container.Id], streams.Input, streams.Output, streams.Error));
            return isDetached ? ended : (ended.ExitCode, ""); // it has said so itself, on the stream that is the program's too
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private static UserLookup User(ContainerRecord record, ExecRequest request, DirFd root)
    {
        try
        {
            return UserLookup.FindToRun(request.User ?? record.Config.User, root, record.GroupAdd);
        }
        catch (RefusedException e)
        {
            throw new RefusedException(e.Message, CannotExecute); // docker's code for exec, not for run
        }
    }

    private static (int ExitCode, string Error) Refusable((int ExitCode, string Error) ended) => ended.Error.Length > 0 ? (CannotExecute, ended.Error) : ended;

    // The runtime would pass on a terminal that controls us, and there may be none: the terminal is ours to pass on.
    private static (int ExitCode, string Error) RunOnTerminal(StoredContainer container, string place, string process, Attachment streams)
    {
        _ = Syscall.BecomeSubreaper(); // the runtime leaves the program to us
        var pidFile = Path.Combine(place, "pid");
        using var console = new Terminal(place);
        var (exitCode, error) = Runtime.Of(container).RunQuietly("exec", "--detach", "--tty", "--console-socket", console.SocketPath, "--pid-file", pidFile, "--process", process, container.Id);
        if (exitCode != 0) return (CannotExecute, error.Length > 0 ? error : "the runtime did not say why");
        var terminal = console.Receive();
        Terminal.CopySize(streams.Output, terminal);
        using var sizes = PosixSignalRegistration.Create((PosixSignal)Signal.WindowChanged, _ => Terminal.CopySize(streams.Output, terminal));
        var pump = new OutputPump(terminal, streams.Output, left: null, null, "stdout");
        var detached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (streams.Input.IsOpen) Terminal.Type(streams with { Detached = detached.SetResult }, terminal);
        var pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        var waiting = Task.Factory.StartNew(() => Syscall.WaitPid(pid, out exitCode), TaskCreationOptions.LongRunning);
        if (Task.WaitAny(waiting, detached.Task) == 1 && !waiting.IsCompleted)
        {
            Keep(terminal);
            throw new RefusedException("read escape sequence");
        }
        pump.Join();
        return (waiting.Result == Errno.None ? exitCode : 255, "");
    }

    // A program whose terminal nobody holds gets SIGHUP, and one whose output nobody takes stops: cat(1) does both in our place until it ends.
    private static void Keep(Fd terminal)
    {
        if (Syscall.Open("/dev/null", OpenFlags.ReadWrite, out var nothing) != Errno.None) return;
        _ = Syscall.Spawn(
            new SpawnRequest
            {
                File = Encoding.UTF8.GetBytes(ProgramPath.Find("cat") ?? "cat"),
                Arguments = ["cat"u8.ToArray()],
                Descriptors = [(terminal, 0), (nothing, 1), (nothing, 2)],
                NewSession = true,
            },
            out _);
        nothing.Close();
    }

    /// <summary>The process as the runtime is told of it. Pure.</summary>
    internal static JsonObject Describe(ContainerRecord record, ExecRequest request, UserLookup user, ulong available)
    {
        var config = record.Config.Copy();
        Variables.Set(config, request.Environment);
        return new ProcessSpec(record, user)
        {
            Arguments = request.Command,
            Environment = config.Env ?? [],
            Directory = request.WorkingDirectory ?? record.Config.WorkingDir,
            Terminal = request.Terminal,
            Capabilities = request.Privileged ? Capabilities.Every(available) : Capabilities.Of(record, available),
        }.Write();
    }
}
