using System.Runtime.InteropServices;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>
/// The signals that stop a build. While a step has a container they are kept, for the program in it may ignore them: it is killed, and the container removed.
/// Otherwise we end at once, whatever we wait for: a registry, a lock.
/// </summary>
internal sealed class BuildStop : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] Stopping = [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15)];

    private readonly Lock _gate = new(); // protects the count: a leaf
    private readonly TaskCompletionSource<RefusedException> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private int _containers;

    public BuildStop() =>
        _registrations = [.. Stopping.Select(pair => PosixSignalRegistration.Create(pair.Signal, context => Receive(context, pair.Signal, pair.Number)))];

    /// <summary>Completes when a signal has come.</summary>
    public Task Asked => _asked.Task;

    /// <exception cref="RefusedException">A signal has come.</exception>
    public void ThrowIfAsked()
    {
        if (_asked.Task.IsCompleted) throw _asked.Task.Result;
    }

    /// <summary>There is to be a container, until <see cref="Leave"/>.</summary>
    /// <exception cref="RefusedException">A signal has come.</exception>
    public void Enter()
    {
        lock (_gate)
        {
            ThrowIfAsked();
            _containers++;
        }
    }

    public void Leave()
    {
        lock (_gate) _containers--;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void Receive(PosixSignalContext context, PosixSignal signal, int number)
    {
        var stopped = new RefusedException($"the build was stopped by {signal}.", 128 + number); // as a shell has it
        lock (_gate)
        {
            var isFirst = _asked.TrySetResult(stopped);
            context.Cancel = _containers > 0;
            if (!context.Cancel && isFirst) Terminal.Say(stopped.Message);
        }
    }
}
