using System.Diagnostics;
using System.Globalization;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The life of a container's processes: made and started by the runtime, listened to, waited for. Runs in the supervisor.</summary>
/// <param name="stopSignal">That which "stop" sends.</param>
public sealed class ContainerProcess(StoredContainer container, Attachment attachment, int stopSignal)
{
    // How long who stops or kills it waits for a reader of its output that does not read, when it has ended.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly Lock _signalling = new(); // a leaf; protects: that the process of the state is there, and its number nobody else's
    private readonly ManualResetEventSlim _ended = new(); // somebody wants its end
    private readonly ContainerState _state = new() { SupervisorPid = Environment.ProcessId };
    private readonly Runtime _runtime = Runtime.Of(container);
    private readonly List<OutputPump> _pumps = [];
    private NetworkProgram? _network;
    private Fd _terminal = Fd.None;
    private Fd _input = Fd.None; // the program's end of the pipe by which it reads what is typed
    private volatile int _last; // the signal by which
    private bool _isAgain;

    /// <summary>The union is mounted, the bundle written.</summary>
    /// <param name="started">Called once the program runs.</param>
    /// <returns>What it ended with, the last time where it was started again.</returns>
    /// <exception cref="RefusedException">It could not be started; the state says so too.</exception>
    public int Run(Action started)
    {
        using var log = ContainerLog.Open(container.LogPath);
        _ = Syscall.BecomeSubreaper(); // the runtime leaves its child to us
        ControlPipe.Listen(container, Signal); // before the state says that it hears
        Start(log);
        started();
        var exitCode = Await();
        for (var pause = TimeSpan.Zero; BeginsAgain(exitCode, ref pause); exitCode = Await()) Start(log);
        return exitCode;
    }

    // Waits, and writes the state of which it is.
    private bool BeginsAgain(int exitCode, ref TimeSpan pause)
    {
        var policy = container.Record.Restart ?? RestartPolicy.No;
        if (_last == 0 && policy.StartsAgain(exitCode, _state.RestartCount))
        {
            pause = RestartPolicy.Pause(pause, (_state.FinishedAt - _state.StartedAt) ?? TimeSpan.Zero);
            _state.Status = ContainerStatus.Restarting;
            TryWriteState();
            if (!_ended.Wait(pause))
            {
                _state.RestartCount++;
                return _isAgain = true;
            }
        }
        _state.Status = ContainerStatus.Exited;
        TryWriteState(); // on a full disk it counts as killed; who waits gets the code all the same
        return false;
    }

    private void Start(ContainerLog? log)
    {
        try
        {
            if (container.Record.Terminal) CreateWithTerminal(log);
            else CreateWithPipes(log);
            var pid = int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);
            ProcessList.Write(container, pid);
            Connect(pid);
            Do("start", container.Id);
            lock (_signalling) _state.Pid = pid; // before, a signal would not be for the program
            (_state.Status, _state.StartedAt, _state.ExitCode, _state.OomKilled) = (ContainerStatus.Running, DateTimeOffset.UtcNow, 0, null); // the last run is over
            ContainerStore.WriteState(container.Directory, _state);
            if (_last != 0) _ = Syscall.Kill(_state.Pid, _last); // it came while there was nobody to get it
        }
        catch (Exception e) when (e is not OutOfMemoryException) // a full disk, too: none may run that nobody knows of
        {
            var refused = e as RefusedException ?? new RefusedException($"cannot start {container.Record.Name}: {e.Message}", 125);
            _runtime.RunQuietly("delete", "--force", container.Id);
            _network?.End();
            (_state.Status, _state.Pid, _state.ExitCode, _state.Error) = (_isAgain ? ContainerStatus.Exited : ContainerStatus.Created, 0, refused.ExitCode, refused.Message);
            if (!_isAgain) _state.StartedAt = default;
            TryWriteState();
            throw refused;
        }
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

    /// <summary>Somebody has stopped or killed it.</summary>
    public bool EndIsWanted => _ended.IsSet;

    /// <summary>A sentence on why whoever is attached did not get all that it wrote; null: he did.</summary>
    public string? Failure { get; private set; }

    /// <summary>It is to end, and not to begin again: SIGTERM asks it, as the machine does when it goes down.</summary>
    public void Stop(int signal)
    {
        End(signal);
        Signal(signal);
    }

    private string PidFile => Path.Combine(container.Directory, "pid");

    private int Await()
    {
        var pid = _state.Pid;
        _ = Syscall.AwaitEnd(pid);
        int exitCode;
        lock (_signalling)
        {
            _state.Pid = 0; // from here on its number may be somebody else's
            if (Syscall.WaitPid(pid, out exitCode) != Errno.None) exitCode = 255;
        }
        AwaitOutput();
        _network?.End();
        if (container.Record.Memory > 0 && ControlGroup.HasRunOutOfMemory(container.Id)) _state.OomKilled = true; // before its group goes
        _runtime.RunQuietly("delete", "--force", container.Id);
        (_state.ExitCode, _state.FinishedAt) = (exitCode, DateTimeOffset.UtcNow);
        (_state.Ports, _state.Address) = (null, null);
        return exitCode;
    }

    // Where it ended by itself, a reader gets all of its output, however slow he is.
    private void AwaitOutput()
    {
        Stopwatch? waited = null; // since somebody wants its end
        foreach (var pump in _pumps)
        {
            while (!pump.Join(Step))
            {
                if (_ended.IsSet) waited ??= Stopwatch.StartNew();
                if (waited is null || waited.Elapsed < Patience) continue;
                pump.GiveUp();
                break;
            }
            Failure ??= pump.Failure;
        }
        _pumps.Clear();
    }

    // Before the program starts, which may want it at once.
    private void Connect(int pid)
    {
        if (container.Record.Network != "private") return;
        _state.Ports = HostPorts.Choose(container.Record.Ports, container.Record.Name);
        var network = NetworkProgram.Find();
        network.Start(container, pid, _state.Ports);
        _network = network;
        ProcessList.Write(container, pid, network.Pid);
        _state.Address = NetworkAddress.Of(pid);
    }

    private void CreateWithPipes(ContainerLog? log)
    {
        Check(Syscall.Pipe(out var output, out var outputOfContainer));
        Check(Syscall.Pipe(out var errors, out var errorsOfContainer));
        Check(Syscall.Open("/dev/null", OpenFlags.ReadOnly, out var nothing));
        var input = Input();
        string[] words = ["create", "--bundle", container.BundlePath, "--pid-file", PidFile, container.Id];
        var (exitCode, said) = _runtime.Run(words, input.IsOpen ? input : nothing, outputOfContainer, errorsOfContainer);
        outputOfContainer.Close();
        errorsOfContainer.Close();
        nothing.Close();
        if (exitCode != 0) throw Refused(said);
        _pumps.Add(new OutputPump(output, attachment.Output, attachment.Left, log, "stdout"));
        _pumps.Add(new OutputPump(errors, attachment.Error, attachment.Left, log, "stderr"));
    }

    // One for all runs: the next goes on reading where the last has ended. In the background nobody types, and as with docker the program waits for it.
    private Fd Input()
    {
        if (_input.IsOpen || !container.Record.OpenInput || !(attachment.Input.IsOpen || attachment == Attachment.None)) return _input;
        Check(Syscall.Pipe(out _input, out var typed));
        if (attachment.Input.IsOpen) InputPump.Start(attachment, typed);
        return _input;
    }

    private void CreateWithTerminal(ContainerLog? log)
    {
        using var terminal = new ContainerTerminal(container.Directory);
        Do("create", "--bundle", container.BundlePath, "--pid-file", PidFile, "--console-socket", terminal.SocketPath, container.Id);
        Take(terminal.Receive());
        CopySize();
        Check(Syscall.Duplicate(_terminal, out var output));
        _pumps.Add(new OutputPump(output, attachment.Output, attachment.Left, log, "stdout"));
        if (!_isAgain && container.Record.OpenInput && attachment.Input.IsOpen) ContainerTerminal.Type(attachment, _terminal);
    }

    // Under the number of the last one: whoever types goes on.
    private void Take(Fd terminal)
    {
        if (_terminal.IsOpen)
        {
            Check(Syscall.Duplicate2(terminal, _terminal.Number));
            Check(Syscall.SetCloseOnExec(_terminal));
            terminal.Close();
        }
        else _terminal = terminal;
    }

    // Of whichever stream is a terminal.
    private void CopySize()
    {
        ContainerTerminal.CopySize(attachment.Output, _terminal);
        ContainerTerminal.CopySize(attachment.Input, _terminal);
    }

    private void Signal(int signal)
    {
        if (signal == Linux.Signal.Kill || signal == stopSignal) End(signal);
        if (signal == ControlPipe.WindowChanged && _terminal.IsOpen)
        {
            CopySize();
            return;
        }
        lock (_signalling)
        {
            if (_state.Pid > 0) _ = Syscall.Kill(_state.Pid, signal);
        }
    }

    // As docker has it: who stops or kills it does not want it to begin again, whoever sends another signal may.
    private void End(int signal)
    {
        _last = signal;
        _ended.Set();
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
