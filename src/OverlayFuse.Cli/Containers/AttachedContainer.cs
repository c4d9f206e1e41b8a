using System.Runtime.InteropServices;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>
/// Stays with a container that runs in the foreground: signals go to it, and its end is ours. Of its supervisor comes SIGURG when nobody reads its output any
/// more, and SIGIO when the keys were typed that detach.
/// </summary>
internal static class AttachedContainer
{
    private const int Killed = 137;

    /// <summary>One that runs already goes on by itself: we show what it writes from now on, and give its code.</summary>
    public static int Run(ContainerStore store, StoredContainer container, Attachment streams)
    {
        using var raw = container.Record.Terminal && streams.Input.IsOpen ? RawTerminal.Enter() : null; // else keys are for us
        using var reader = new Reader(); // before the start: what it writes first may find nobody
        using var signals = new AttachedSignals(container); // and what ends us here would leave it running
        var started = ContainerLauncher.Start(store, container, streams, signals.MayStart);
        signals.Pass();
        return started is { } supervisor ? Await(reader, () => Await(supervisor)) : LookOn(container, reader);
    }

    private static int Await((int Pid, Fd Report) supervisor)
    {
        _ = Syscall.WaitPid(supervisor.Pid, out var exitCode);
        if (DaemonReply.Read(supervisor.Report) is not { } failure) return exitCode;
        Terminal.Say(failure.Sentences);
        return exitCode == 0 ? 1 : exitCode; // no refusal, which has a code of its own
    }

    private static int LookOn(StoredContainer container, Reader reader)
    {
        using var run = ContainerRun.Latest(container) ?? throw new RefusedException($"the container {container.Record.Name} has ended by now, and was removed.");
        return Await(reader, () =>
        {
            new LogView { Skip = LogView.CountLines(container) }.Show(container, () => !run.IsOver());
            return run.Wait() ?? Killed;
        });
    }

    private static int Await(Reader reader, Func<int> wait)
    {
        var waiting = Task.Factory.StartNew(wait, TaskCreationOptions.LongRunning);
        Task.WaitAny(waiting, reader.Left, reader.Detached);
        if (waiting.IsCompleted) return waiting.GetAwaiter().GetResult();
        return reader.Detached.IsCompleted ? 0 : throw new OutputClosedException(); // the container goes on, as docker's does
    }

    // Whoever reads our output, of whom the supervisor says that he is gone, or wants to go.
    private sealed class Reader : IDisposable
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _detached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly PosixSignalRegistration[] _signals;

        public Reader() => _signals = [Completing(Signal.Urgent, _left), Completing(Signal.InputOutput, _detached)];

        public Task Left => _left.Task;

        public Task Detached => _detached.Task;

        public void Dispose()
        {
            foreach (var signal in _signals) signal.Dispose();
        }

        private static PosixSignalRegistration Completing(int signal, TaskCompletionSource task) => PosixSignalRegistration.Create((PosixSignal)signal, context =>
        {
            context.Cancel = true;
            task.TrySetResult();
        });
    }
}
