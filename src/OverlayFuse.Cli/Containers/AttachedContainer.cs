using System.Runtime.InteropServices;
using OverlayFuse.Container;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Stays with a container that runs in the foreground: signals go to it, and its end is ours. Of its supervisor comes SIGURG when nobody reads its output any more.</summary>
internal static class AttachedContainer
{
    private const int Killed = 137;

    // As the library numbers them, and as Linux does; one it has no name for goes by its number.
    private static readonly (PosixSignal Signal, int Number)[] Passed =
        [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15), ((PosixSignal)ControlPipe.WindowChanged, ControlPipe.WindowChanged)];

    /// <summary>One that runs already goes on by itself: we show what it writes from now on, and give its code.</summary>
    public static int Run(ContainerStore store, StoredContainer container, Attachment streams)
    {
        using var raw = container.Record.Terminal && streams.Input.IsOpen ? RawTerminal.Enter() : null; // else keys are for us
        return ContainerLauncher.Start(store, container, streams) is { } supervisor ? Await(container, supervisor) : LookOn(container);
    }

    /// <param name="supervisor">Our child.</param>
    public static int Await(StoredContainer container, int supervisor) => PassingSignals(container, () =>
    {
        _ = Syscall.WaitPid(supervisor, out var exitCode);
        return exitCode;
    });

    private static int LookOn(StoredContainer container)
    {
        using var run = ContainerRun.Latest(container)!;
        return PassingSignals(container, () =>
        {
            new LogView { Skip = LogView.CountLines(container) }.Show(container, () => !run.IsOver());
            return run.Wait() ?? Killed;
        });
    }

    private static int PassingSignals(StoredContainer container, Func<int> wait)
    {
        PosixSignalRegistration[] registrations = [.. Passed.Select(pair => PosixSignalRegistration.Create(pair.Signal, context =>
        {
            context.Cancel = true;
            ControlPipe.Send(container, pair.Number);
        }))];
        int? exitCode = null;
        using var isOver = new ManualResetEventSlim();
        using var output = PosixSignalRegistration.Create((PosixSignal)Signal.Urgent, context =>
        {
            context.Cancel = true;
            isOver.Set();
        });
        new Thread(() =>
        {
            exitCode = wait();
            isOver.Set();
        })
        { IsBackground = true, Name = "wait" }.Start();
        isOver.Wait();
        foreach (var registration in registrations) registration.Dispose();
        return exitCode ?? throw LogView.NobodyReads(); // the container goes on, as docker's does
    }
}
