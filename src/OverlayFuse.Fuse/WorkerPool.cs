using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>The threads that read requests and answer them: one reads, the others stand by until they are called.</summary>
/// <remarks>
/// Whoever has answered reads on, and looks for the next request a while before it sleeps (<see cref="Worker"/>): for the kernel nobody is
/// asleep then, and most requests wake no thread. So that one that takes long holds up nobody, another is called: at once for what is known to
/// take long, by the watch after a millisecond or two for all else, and by whoever finds the next request waiting already.
/// </remarks>
internal sealed class WorkerPool(Fd session, Dispatcher dispatcher, SessionOptions options, uint maxWrite, bool isForForgets)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private const int TicksUntilSleep = 100;

    private readonly object _gate = new(); // protects: _threads, _standing, _called, _next; a monitor: a thread that stands by waits on it, and must not spin first
    private readonly AutoResetEvent _stir = new(false);
    private readonly ManualResetEventSlim _finished = new();
    private int _threads;
    private int _standing;
    private int _called; // of those who stood by, and are not awake yet
    private int _next;
    private int _reading;
    private int _isCalling;
    private long _taken;
    private volatile bool _isWatchAsleep;
    private volatile bool _ending;
    private volatile bool _cloneFails;

    /// <summary>Threads there are now.</summary>
    public int Threads
    {
        get
        {
            lock (_gate) return _threads;
        }
    }

    /// <summary>Set when all threads have ended.</summary>
    public WaitHandle Finished => _finished.WaitHandle;

    /// <summary>No thread takes another request after the one it waits for.</summary>
    public bool IsEnding => _ending;

    /// <summary>All else comes by a <see cref="RingPool"/>.</summary>
    public bool IsForForgets => isForForgets;

    public void Start()
    {
        for (var i = 0; i < (isForForgets ? 1 : Math.Max(1, options.MinThreads)); i++) Grow();
        new Thread(Watch) { IsBackground = true, Name = "fuse watch" }.Start();
    }

    /// <summary>See <see cref="IsEnding"/>. Those who stand by end.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ending = true;
            Monitor.PulseAll(_gate);
        }
        _stir.Set();
    }

    /// <summary>Stands by while others read. To be closed by <see cref="EndReading"/>; false: the thread is to end.</summary>
    /// <param name="isBusy">It was just started, or has just found requests waiting, and reads whoever else does.</param>
    public bool BeginReading(bool isBusy)
    {
        if (!isBusy && Volatile.Read(ref _reading) > 0 && !StandBy()) return false;
        Interlocked.Increment(ref _reading);
        Volatile.Write(ref _isCalling, 0); // who is called comes by here, in any case
        return !_ending;
    }

    /// <summary>A request was taken, or none will come.</summary>
    /// <param name="takesLong">Another thread should read meanwhile.</param>
    public void EndReading(bool takesLong)
    {
        Volatile.Write(ref _taken, _taken + 1); // one that gets lost here only has the watch look once more
        var isLast = Interlocked.Decrement(ref _reading) == 0; // a full fence between this and the watch that falls asleep
        if (_isWatchAsleep)
        {
            _isWatchAsleep = false;
            _stir.Set();
        }
        if (isLast && takesLong) Call();
    }

    /// <summary>Has one more thread read, unless one that was called is on its way already.</summary>
    public void Call()
    {
        if (_ending || Interlocked.Exchange(ref _isCalling, 1) != 0) return;
        lock (_gate)
        {
            if (_standing > 0)
            {
                _standing--;
                _called++;
                Monitor.Pulse(_gate);
                return;
            }
        }
        Grow();
    }

    /// <summary>A further descriptor of the session's device; none where the thread has to share that.</summary>
    public Fd OpenClone()
    {
        if (_cloneFails) return Fd.None;

        // By the open descriptor, not as /dev/fuse: that path could lead into the very mount that is served.
        if (Syscall.Open($"/proc/self/fd/{session.Number}", OpenFlags.ReadWrite, out var device) != Errno.None || Syscall.FuseClone(device, session) != Errno.None)
        {
            device.Close();
            _cloneFails = true; // a device closed to us, or not a device: all threads share the session's descriptor
            return Fd.None;
        }
        return device;
    }

    private void Grow()
    {
        lock (_gate)
        {
            if (_ending || _threads >= options.MaxThreads)
            {
                Volatile.Write(ref _isCalling, 0);
                return;
            }

            var thread = new Thread(Work) { IsBackground = true, Name = $"fuse {++_next}" };
            _threads++;
            try
            {
                thread.Start();
            }
            catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
            {
                _threads--;
                Volatile.Write(ref _isCalling, 0);
                options.Log?.Invoke($"cannot start a further thread, going on with {_threads}: {e.Message}");
            }
        }
    }

    private void Work()
    {
        using (var worker = new Worker(this, session, dispatcher, options, maxWrite)) worker.Run();
        lock (_gate)
        {
            if (--_threads == 0) _finished.Set();
        }
    }

    private bool StandBy()
    {
        lock (_gate)
        {
            if (_ending || (_standing >= options.MaxIdleThreads && _threads > options.MinThreads)) return false;
            _standing++;
            while (_called == 0 && !_ending) Monitor.Wait(_gate);
            if (_called > 0) _called--;
            return !_ending;
        }
    }

    // When all have been at work for a whole tick and took nothing new, somebody else must read: what they wait for may be a request
    // itself. It sleeps, too, while there is nothing to do.
    private void Watch()
    {
        var (before, quiet) = (-1L, 0);
        while (!_ending)
        {
            if (quiet < TicksUntilSleep) _stir.WaitOne(Tick);
            else
            {
                _isWatchAsleep = true;
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref _taken) == before && Volatile.Read(ref _reading) > 0) _stir.WaitOne();
                _isWatchAsleep = false;
                quiet = 0;
            }

            var taken = Volatile.Read(ref _taken);
            if (taken != before) quiet = 0;
            else if (Volatile.Read(ref _reading) > 0) quiet++;
            else Call();
            before = taken;
        }
    }
}
