using System.Runtime.InteropServices;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>
/// SIGTERM, SIGINT and SIGHUP (the terminal of -f is closed), which unmount, and SIGURG, which asks whether the work directory is needed any more. Taken before
/// the mount is made: one that comes while it is made must not leave it behind.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly Lock _gate = new(); // protects the two fields below
    private readonly PosixSignalRegistration[] _registrations;
    private Session? _session;
    private bool _isAsked;

    public StopSignals() =>
        _registrations =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Stop)),
            PosixSignalRegistration.Create((PosixSignal)Signal.Urgent, LetGo),
        ];

    /// <summary>From now on a signal stops <paramref name="session"/>, and so does one that has come already.</summary>
    public void Watch(Session session)
    {
        lock (_gate)
        {
            _session = session;
            if (_isAsked) session.Stop();
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void LetGo(PosixSignalContext context)
    {
        context.Cancel = true;
        Session? session;
        lock (_gate) session = _session;
        session?.StopIfDetached();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true; // the session returns when the mount is gone, and then we end
        lock (_gate)
        {
            _isAsked = true;
            _session?.Stop();
        }
    }
}
