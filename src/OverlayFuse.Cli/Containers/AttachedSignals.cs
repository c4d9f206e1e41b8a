using System.Runtime.InteropServices;
using OverlayFuse.Container;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The signals of a command that stays with a container: until its supervisor is told to start it they end the command, from then on they are for the container.</summary>
internal sealed class AttachedSignals : IDisposable
{
    // As the library numbers them, and as Linux does; those it has no name for go by their number.
    private static readonly (PosixSignal Signal, int Number)[] Passed =
    [
        (PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15), ((PosixSignal)User1, User1), ((PosixSignal)User2, User2),
        ((PosixSignal)ControlPipe.WindowChanged, ControlPipe.WindowChanged),
    ];

    private const int User1 = 10; // SIGUSR1: with it and the next many programs are told to read their configuration again
    private const int User2 = 12;

    private readonly StoredContainer _container;
    private readonly Lock _gate = new(); // protects the four fields below
    private readonly List<int> _early = []; // they came while it was started
    private bool _isEnding;
    private bool _isToStart;
    private bool _isStarted;
    private readonly PosixSignalRegistration[] _registrations;

    public AttachedSignals(StoredContainer container)
    {
        _container = container;
        _registrations = [.. Passed.Select(pair => PosixSignalRegistration.Create(pair.Signal, context => Take(context, pair.Number)))];
    }

    /// <summary>Asked right before the supervisor is told to start it. False: a signal is just ending us.</summary>
    public bool MayStart()
    {
        lock (_gate) return _isToStart = !_isEnding;
    }

    /// <summary>The container runs, and gets what has come by now and what comes from now on.</summary>
    public void Pass()
    {
        lock (_gate)
        {
            foreach (var signal in _early) ControlPipe.Send(_container, signal);
            _isStarted = true;
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void Take(PosixSignalContext context, int signal)
    {
        lock (_gate)
        {
            if (_isStarted) ControlPipe.Send(_container, signal);
            else if (_isToStart || signal == ControlPipe.WindowChanged) _early.Add(signal);
            else _isEnding = true;
            context.Cancel = !_isEnding; // the supervisor gives up when we are gone
        }
    }
}
