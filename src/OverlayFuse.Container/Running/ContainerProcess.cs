using System.Globalization;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The life of a container's processes: made and started by the runtime, listened to, waited for. Runs in the supervisor.</summary>
public sealed class ContainerProcess(StoredContainer container, Attachment attachment)
{

    private readonly ContainerState _state = new() { SupervisorPid = Environment.ProcessId };
    private readonly Runtime _runtime = Runtime.Of(container);
    private readonly List<OutputPump> _pumps = [];
    private NetworkProgram? _network;
    private Fd _terminal = Fd.None;

    /// <summary>The union is mounted, the bundle written.</summary>
    /// <param name="started">Called once the program runs.</param>
    /// <returns>What it ended with.</returns>
    /// <exception cref="RefusedException">It could not be started; the state says so too.</exception>
    public int Run(Action started)
    {
        using var log = ContainerLog.Open(container.LogPath);
        _ = Syscall.BecomeSubreaper(); // the runtime leaves its child to us
        try
        {
            if (container.Record.Terminal) CreateWithTerminal(log);
            else CreateWithPipes(log);
            _state.Pid = int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);
            ProcessList.Write(container, _state.Pid);
            Connect();
            Do("start", container.Id);
            ControlPipe.Listen(container, Signal); // before the state says that it hears
            (_state.Status, _state.StartedAt) = (ContainerStatus.Running, DateTimeOffset.UtcNow);
            ContainerStore.WriteState(container.Directory, _state);
        }
        catch (Exception e) when (e is not OutOfMemoryException) // a full disk, too: none may run that nobody knows of
        {
            var refused = e as RefusedException ?? new RefusedException($"cannot start {container.Record.Name}: {e.Message}", 125);
            _runtime.RunQuietly("delete", "--force", container.Id);
            _network?.End();
            (_state.Status, _state.Pid, _state.StartedAt, _state.ExitCode, _state.Error) = (ContainerStatus.Created, 0, default, refused.ExitCode, refused.Message);
            TryWriteState();
            throw refused;
        }
        started();
        return Await();
    }

    private void TryWriteState()
    {
        try
        {
            ContainerStore.WriteState(container.Directory, _state);
        }
        catch (RefusedException)
        {
            // A full disk: what is to be said is said to those who wait.
        }
    }

    /// <summary>Asks it to end, as the machine does when it goes down.</summary>
    public void Stop() => Signal(Linux.Signal.Terminate);

    private string PidFile => Path.Combine(container.Directory, "pid");

    private int Await()
    {
        var error = Syscall.WaitPid(_state.Pid, out var exitCode);
        if (error != Errno.None) exitCode = 255;
        foreach (var pump in _pumps) pump.Join();
        _network?.End();
        if (container.Record.Memory > 0 && ControlGroup.HasRunOutOfMemory(container.Id)) _state.OomKilled = true; // before its group goes
        _runtime.RunQuietly("delete", "--force", container.Id);
        (_state.Status, _state.Pid, _state.ExitCode, _state.FinishedAt) = (ContainerStatus.Exited, 0, exitCode, DateTimeOffset.UtcNow);
        (_state.Ports, _state.Address) = (null, null);
        TryWriteState(); // on a full disk it counts as killed; who waits gets the code all the same
        return exitCode;
    }

    // Before the program starts, which may want it at once.
    private void Connect()
    {
        if (container.Record.Network != "private") return;
        _state.Ports = HostPorts.Choose(container.Record.Ports, container.Record.Name);
        var network = NetworkProgram.Find();
        network.Start(container, _state.Pid, _state.Ports);
        _network = network;
        ProcessList.Write(container, _state.Pid, network.Pid);
        _state.Address = NetworkAddress.Of(_state.Pid);
    }

    private void CreateWithPipes(ContainerLog? log)
    {
        Check(Syscall.Pipe(out var output, out var outputOfContainer));
        Check(Syscall.Pipe(out var errors, out var errorsOfContainer));
        Check(Syscall.Open("/dev/null", OpenFlags.ReadOnly, out var nothing));
        var input = container.Record.OpenInput && attachment.Input.IsOpen ? attachment.Input : nothing;
        var (exitCode, said) = _runtime.Run(["create", "--bundle", container.BundlePath, "--pid-file", PidFile, container.Id], input, outputOfContainer, errorsOfContainer);
        outputOfContainer.Close();
        errorsOfContainer.Close();
        nothing.Close();
        if (exitCode != 0) throw Refused(said);
        _pumps.Add(new OutputPump(output, attachment.Output, attachment.Left, log, "stdout"));
        _pumps.Add(new OutputPump(errors, attachment.Error, attachment.Left, log, "stderr"));
    }

    private void CreateWithTerminal(ContainerLog? log)
    {
        using var terminal = new Terminal(container.Directory);
        Do("create", "--bundle", container.BundlePath, "--pid-file", PidFile, "--console-socket", terminal.SocketPath, container.Id);
        _terminal = terminal.Receive();
        CopySize();
        _pumps.Add(new OutputPump(_terminal, attachment.Output, attachment.Left, log, "stdout"));
        if (container.Record.OpenInput && attachment.Input.IsOpen) Terminal.Type(attachment, _terminal);
    }

    // Of whichever stream is a terminal.
    private void CopySize()
    {
        Terminal.CopySize(attachment.Output, _terminal);
        Terminal.CopySize(attachment.Input, _terminal);
    }

    private void Signal(int signal)
    {
        if (signal == ControlPipe.WindowChanged && _terminal.IsOpen) CopySize();
        else if (_state.Pid > 0) _ = Syscall.Kill(_state.Pid, signal);
    }

    private void Do(params string[] words)
    {
        var (exitCode, said) = _runtime.RunQuietly(words);
        if (exitCode != 0) throw Refused(said);
    }

    private static RefusedException Refused(string said)
    {
        var sentence = $"{Runtime.Refusal}{(said.Length > 0 ? said : "it did not say why")}.";
        return new RefusedException(sentence, Runtime.ExitCodeFor(sentence));
    }

    private static void Check(Errno error)
    {
        if (error != Errno.None) throw new RefusedException($"cannot make the pipes of the container: {error.Describe()}.", 125);
    }
}
