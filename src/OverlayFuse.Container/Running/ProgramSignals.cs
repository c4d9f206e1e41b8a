using System.Runtime.InteropServices;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The signals that would end us while a program of exec is made and runs: they are for the program. What comes when it has ended is for us again.</summary>
internal sealed class ProgramSignals : IDisposable
{
    // SIGHUP, SIGINT, SIGQUIT, SIGTERM.
    private static readonly int[] Passed = [1, 2, 3, Signal.Terminate];

    private readonly Lock _gate = new(); // protects the three fields below
    private readonly TaskCompletionSource<int> _late = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private int _pid; // 0: it is being made
    private int _early;
    private bool _hasEnded;

    public ProgramSignals() => _registrations = [.. Passed.Select(signal => PosixSignalRegistration.Create((PosixSignal)signal, context => Take(context, signal)))];

    /// <summary>One that has come before there was a program to get it; 0: none.</summary>
    public int Early
    {
        get
        {
            lock (_gate) return _early;
        }
    }

    /// <summary>Over when one has come after the end of the program.</summary>
    public Task<int> Late => _late.Task;

    /// <summary>The program runs, and gets what has come by now and what comes until it ends.</summary>
    /// <returns>Its exit code, once it has ended.</returns>
    public Task<int> Watch(int pid)
    {
        lock (_gate)
        {
            _pid = pid;
            if (_early != 0) _ = Syscall.Kill(pid, _early);
        }
        return Task.Factory.StartNew(() => Await(pid), TaskCreationOptions.LongRunning);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private int Await(int pid)
    {
        _ = Syscall.AwaitEnd(pid);
        lock (_gate)
        {
            _hasEnded = true; // from here on its number may be somebody else's
            return Syscall.WaitPid(pid, out var exitCode) == Errno.None ? exitCode : 255;
        }
    }

    private void Take(PosixSignalContext context, int signal)
    {
        context.Cancel = true;
        lock (_gate)
        {
            if (_pid == 0) _early = signal;
            else if (_hasEnded) _late.TrySetResult(signal);
            else _ = Syscall.Kill(_pid, signal);
        }
    }
}
