using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Ending containers, and waiting for their end.</summary>
internal static class Stopping
{
    /// <summary>Seconds that a container has to end by itself, unless it was made with others.</summary>
    public const int Patience = 10;

    private static readonly TimeSpan ToLeave = TimeSpan.FromSeconds(1);

    /// <summary>Asks by its stop signal; after so many <paramref name="seconds"/> (null: as it was made with) it is killed, never where that is negative.</summary>
    public static void Stop(ContainerStore store, StoredContainer container, int? seconds)
    {
        using var run = Current(store, container);
        if (run is null) return;
        var patience = TimeSpan.FromSeconds(seconds ?? container.Record.StopTimeout ?? Patience);
        Send(container, run, SignalFor(container));
        if (!run.IsOver(patience)) Kill(container, run);
    }

    /// <summary>What asks it to end; an image may name a signal that there is not.</summary>
    public static int SignalFor(StoredContainer container) => (container.Record.Config.StopSignal is { } wanted ? SignalNames.Find(wanted) : null) ?? Signal.Terminate;

    public static void Kill(ContainerStore store, StoredContainer container)
    {
        using var run = Current(store, container);
        if (run is not null) Kill(container, run);
    }

    public static void Send(ContainerStore store, StoredContainer container, int signal)
    {
        using var run = Current(store, container);
        if (run is not null) Send(container, run, signal);
    }

    /// <summary>Waits for the end of what runs.</summary>
    /// <returns>What it ended with, where it has run, though the container be removed by now.</returns>
    public static int? Wait(StoredContainer container)
    {
        using var run = ContainerRun.Latest(container);
        return run?.Wait();
    }

    /// <summary>Null: it does not run.</summary>
    private static ContainerRun? Current(ContainerStore store, StoredContainer container)
    {
        var run = ContainerRun.Latest(container); // before the state is read: what runs by then is this, or one that began after we were asked
        if (store.Read(container.Id) is { IsRunning: true }) return run;
        run?.Dispose();
        return null;
    }

    private static void Kill(StoredContainer container, ContainerRun run)
    {
        Send(container, run, Signal.Kill);
        run.Wait();
    }

    private static void Send(StoredContainer container, ContainerRun run, int signal)
    {
        if (run.IsOver() || ControlPipe.Send(container, signal) || run.IsOver(ToLeave)) return;
        throw new RefusedException($"the supervisor of container {container.Record.Name} does not respond (process {container.State.SupervisorPid}).");
    }
}
