using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>A program that exec runs in a container beside its first one: with the container's variables, limits and rights.</summary>
public static class ExecProcess
{
    private const int CannotExecute = 126;

    /// <summary>Runs it to its end, or with <paramref name="isDetached"/> until it has begun.</summary>
    /// <param name="root">The container's root file system; closed once the user is found in it.</param>
    /// <returns>The exit code and, when it could not be started, what the runtime says of that.</returns>
    /// <exception cref="RefusedException">There is no such user, or it makes no sense.</exception>
    public static (int ExitCode, string Error) Run(StoredContainer container, ExecRequest request, DirFd root, Attachment streams, bool isDetached)
    {
        var user = User(container.Record, request, root);
        root.Fd.Close(); // the end of the container would wait for who has it open
        var spec = Describe(container.Record, request, user, HostFacts.BoundingSet());
        using var signals = new ProgramSignals(); // before there is anything that one could leave behind
        using var directory = new ExecDirectory(container);
        var path = directory.File("process.json");
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(spec.ToJsonString()));
        _ = Syscall.Umask(ProcessSpec.UsualMask); // older runtimes hand on their own, which is the caller's
        var (exitCode, error) = request.Terminal ? RunOnTerminal(container, directory, path, streams, signals)
            : isDetached ? Start(container, path, streams)
            : RunOnPipes(container, directory, path, streams, request.OpenInput, signals);
        return error.Length > 0 && signals.Early is var signal and not 0 ? (128 + signal, "") : (exitCode, error); // the runtime got it, too
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

    // The runtime goes when it has begun.
    private static (int ExitCode, string Error) Start(StoredContainer container, string process, Attachment streams, params string[] how)
    {
        var (exitCode, error) = Runtime.Of(container).Run(["exec", "--detach", .. how, "--process", process, container.Id], streams.Input, streams.Output, streams.Error);
        return exitCode == 0 ? (0, "") : Refused(error);
    }

    private static (int ExitCode, string Error) Refused(string said) => (CannotExecute, said.Length > 0 ? said : "the runtime did not say why");

    private static (int ExitCode, string Error) RunOnPipes(StoredContainer container, ExecDirectory directory, string process, Attachment streams, bool withInput, ProgramSignals signals)
    {
        _ = Syscall.BecomeSubreaper(); // the runtime leaves the program to us
        var pidFile = directory.File("pid");
        var pipes = new ProgramPipes(streams, withInput);
        if (Start(container, process, pipes.Theirs, "--pid-file", pidFile) is { ExitCode: not 0 } refused) return refused;
        var pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        var ended = signals.Watch(pid);
        var isTaken = pipes.Carry(ended, signals.Late, Keep);
        if (signals.Late.IsCompleted) return (128 + signals.Late.Result, "");
        const int Broken = 128 + Signal.BrokenPipe; // the program gets that signal, too, when it writes again
        if (!isTaken) return (Broken, "");
        return pipes.Failure is { } failure ? throw NotWritten(failure, ended.Result == Broken ? 0 : ended.Result) : (ended.Result, "");
    }

    // The program's own code says more, if it says anything.
    private static RefusedException NotWritten(string failure, int exitCode) => new(failure, exitCode == 0 ? 1 : exitCode);

    private static Task<int> Ended(int pid) =>
        Task.Factory.StartNew(() => Syscall.WaitPid(pid, out var exitCode) == Errno.None ? exitCode : 255, TaskCreationOptions.LongRunning);

    // The runtime would pass on a terminal that controls us, and there may be none: the terminal is ours to pass on.
    private static (int ExitCode, string Error) RunOnTerminal(StoredContainer container, ExecDirectory directory, string process, Attachment streams, ProgramSignals signals)
    {
        _ = Syscall.BecomeSubreaper(); // the runtime leaves the program to us
        var pidFile = directory.File("pid");
        using var console = new ContainerTerminal(directory.Location);
        var (exitCode, error) = Runtime.Of(container).RunQuietly("exec", "--detach", "--tty", "--console-socket", console.SocketPath, "--pid-file", pidFile, "--process", process, container.Id);
        if (exitCode != 0) return Refused(error);
        signals.Dispose(); // the end of its terminal tells it of ours
        if (signals.Early is var early and not 0) return (128 + early, "");
        var terminal = console.Receive();
        ContainerTerminal.CopySize(streams.Output, terminal);
        using var sizes = PosixSignalRegistration.Create((PosixSignal)Signal.WindowChanged, _ => ContainerTerminal.CopySize(streams.Output, terminal));
        var pump = new OutputPump(terminal, streams.Output, left: null, null, "stdout");
        var detached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (streams.Input.IsOpen) ContainerTerminal.Type(streams with { Detached = detached.SetResult }, terminal);
        var pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        var waiting = Ended(pid);
        if (Task.WaitAny(waiting, detached.Task) == 1 && !waiting.IsCompleted)
        {
            Keep(terminal);
            throw new RefusedException("read escape sequence");
        }
        pump.Join();
        return pump.Failure is { } failure ? throw NotWritten(failure, waiting.Result) : (waiting.Result, "");
    }

    // A program whose terminal nobody holds gets SIGHUP, and one whose output nobody takes stops or gets SIGPIPE: cat(1) does both in our place until it ends.
    private static void Keep(Fd output)
    {
        if (Syscall.Open("/dev/null", OpenFlags.ReadWrite, out var nothing) != Errno.None) return;
        _ = Syscall.Spawn(
            new SpawnRequest
            {
                File = Encoding.UTF8.GetBytes(ProgramPath.Find("cat") ?? "cat"),
                Arguments = ["cat"u8.ToArray()],
                Descriptors = [(output, 0), (nothing, 1), (nothing, 2)],
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
