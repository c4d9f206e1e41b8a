using System.Globalization;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Ending containers, and waiting for their end: the lock that a supervisor holds until everything is cleaned up.</summary>
internal static class Stopping
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <summary>Seconds that a container has to end by itself, unless it was made with others.</summary>
    public const int Patience = 10;

    /// <summary>Asks by its stop signal; after so many <paramref name="seconds"/> (null: as it was made with) it is killed, never where that is negative.</summary>
    public static void Stop(StoredContainer container, int? seconds)
    {
        if (!container.IsRunning) return;
        var patience = TimeSpan.FromSeconds(seconds ?? container.Record.StopTimeout ?? Patience);
        Send(container, container.Record.Config.StopSignal is { } wanted ? SignalNames.Parse(wanted) : Signal.Terminate);
        if (Ends(container, patience)) return;
        Send(container, Signal.Kill);
        Wait(container);
    }

    public static void Send(StoredContainer container, int signal)
    {
        if (!ControlPipe.Send(container, signal) && Holds(container))
            throw new RefusedException($"the supervisor of container {container.Record.Name} does not listen (process {container.State.SupervisorPid}).");
    }

    /// <summary>Waits until nobody serves it.</summary>
    /// <returns>What it ended with, where somebody has served it, though the container be removed by now.</returns>
    public static int? Wait(StoredContainer container)
    {
        if (!File.Exists(container.LockPath)) return null;
        using var free = StateLock.Take(container.LockPath, shared: true);
        return int.TryParse(free.Left(), NumberStyles.None, CultureInfo.InvariantCulture, out var exitCode) ? exitCode : null;
    }

    private static bool Ends(StoredContainer container, TimeSpan patience)
    {
        for (var waited = TimeSpan.Zero; patience < TimeSpan.Zero || waited < patience; waited += Step)
        {
            if (!Holds(container)) return true;
            Thread.Sleep(Step);
        }
        return !Holds(container);
    }

    private static bool Holds(StoredContainer container)
    {
        if (!File.Exists(container.LockPath)) return false;
        using var free = StateLock.TryTake(container.LockPath, shared: true);
        return free is null;
    }
}
