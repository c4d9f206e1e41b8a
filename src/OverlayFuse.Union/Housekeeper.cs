using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Gives memory back after many nodes were forgotten: the collector would not run by itself in a daemon that allocates nothing.
/// </summary>
internal sealed class Housekeeper : IDisposable
{
    private const long WorthIt = 256; // pieces of about 32 KiB
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly Func<long> _dropped;
    private Timer? _timer; // made when it is first needed; protected by _isPending
    private long _collectedAt;
    private int _calls;
    private int _isPending;

    public Housekeeper(Func<long> dropped) => _dropped = dropped;

    /// <summary>To be called after each forget; now and then it looks whether a collection is worth its while.</summary>
    public void Check()
    {
        if ((Interlocked.Increment(ref _calls) & 0xff) != 0 || _dropped() - Volatile.Read(ref _collectedAt) < WorthIt) return;
        if (Interlocked.Exchange(ref _isPending, 1) != 0) return;
        _timer ??= new Timer(_ => Collect(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Patience, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer?.Dispose();

    private void Collect()
    {
        Volatile.Write(ref _collectedAt, _dropped());
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ProgramCode.LetGo(); // that of the collector is larger than many a union
        Volatile.Write(ref _isPending, 0);
    }
}
