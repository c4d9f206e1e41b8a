namespace OverlayFuse.Linux;

/// <summary>
/// Where a test stands between the program and the disk. Every call of <see cref="Syscall"/> that changes something there, opens a file or
/// syncs one passes here first; while nobody watches, that costs the reading of one static field.
/// </summary>
/// <remarks>
/// A watcher sees the calls of the flow that set it: those of its thread, and of threads and tasks started from there since. So tests
/// that run side by side do not meet. It may count, note down (<see cref="WatchedCall"/> has all arguments), have a call fail with any error
/// instead of being made, or, by refusing everything from one call on, show what a daemon leaves that dies at this point.
/// </remarks>
internal static class SyscallSeam
{
    private static readonly AsyncLocal<ISyscallWatcher?> Current = new();
    private static int _watchers;

    /// <summary>Whether anybody watches at all, in whatever flow.</summary>
    public static bool IsWatched => _watchers != 0;

    /// <summary>Sets the watcher of this flow until the result is disposed of, in the same flow. One at a time.</summary>
    public static IDisposable Watch(ISyscallWatcher watcher)
    {
        if (Current.Value is not null) throw new InvalidOperationException("this flow has a watcher already");
        Current.Value = watcher;
        Interlocked.Increment(ref _watchers);
        return new Watching();
    }

    /// <summary>True when the call must not be made and <paramref name="error"/> is its result.</summary>
    public static bool Refuses(in WatchedCall call, out Errno error)
    {
        error = Current.Value?.Before(call) ?? Errno.None;
        return error != Errno.None;
    }

    private sealed class Watching : IDisposable
    {
        public void Dispose()
        {
            if (Current.Value is null) return;
            Current.Value = null;
            Interlocked.Decrement(ref _watchers);
        }
    }
}
