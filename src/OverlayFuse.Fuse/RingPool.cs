using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>The threads that take requests by FUSE over io_uring: some for each processor and bound to it, more where they are at work.</summary>
/// <remarks>
/// A request goes to the processor that its client is on. What is left for /dev/fuse, where a <see cref="WorkerPool"/> reads on, are FORGET and INTERRUPT.
/// The kernel blocks every request until each possible processor has a ring, so all are made before INIT is answered.
/// </remarks>
internal sealed class RingPool
{
    private const int MostProcessors = 64; // a thread for each must not cost more than it brings
    private const int LeastThreads = 8; // of a processor, if need be: requests may wait for each other

    private readonly object _gate = new(); // protects: _threads, RingQueue.Threads
    private readonly Fd _session;
    private readonly Dispatcher _dispatcher;
    private readonly SessionOptions _options;
    private readonly uint _maxWrite;
    private readonly RingQueue[] _queues;
    private readonly int _mostThreads;
    private readonly ManualResetEvent _mayRegister = new(false);
    private readonly ManualResetEvent _finished = new(true);
    private readonly RingStart _start;
    private int _threads;
    private volatile bool _ending;

    private RingPool(Fd session, Dispatcher dispatcher, SessionOptions options, uint maxWrite, int processors)
    {
        (_session, _dispatcher, _options, _maxWrite) = (session, dispatcher, options, maxWrite);
        _queues = [.. Enumerable.Range(0, processors).Select(number => new RingQueue(number))];
        _mostThreads = Math.Max(LeastThreads, options.MaxThreads / processors);
        _start = new RingStart(processors * RingQueue.Reserve);
    }

    /// <summary>Threads there are now.</summary>
    public int Threads
    {
        get
        {
            lock (_gate) return _threads;
        }
    }

    /// <summary>No thread takes another request after the one it waits for.</summary>
    public bool IsEnding => _ending;

    /// <summary>Starts the threads, each with a ring that the kernel does not know yet. Null where there can be none: not allowed, or too many processors.</summary>
    public static RingPool? TryStart(Fd session, Dispatcher dispatcher, SessionOptions options, uint maxWrite)
    {
        if (Processors.Possible() is not (> 0 and <= MostProcessors and var processors)) return null;
        var pool = new RingPool(session, dispatcher, options, maxWrite, processors);
        for (var i = 0; i < RingQueue.Reserve; i++)
        {
            foreach (var queue in pool._queues) pool.Start(queue, pool._start, pool._mayRegister);
        }
        var error = pool._start.AwaitMade();
        if (error == Errno.None) return pool;

        options.Log?.Invoke($"the kernel offers io_uring and refuses a ring to us ({error.Describe()}): requests go by /dev/fuse");
        pool.End();
        return null;
    }

    /// <summary>Gives the rings to the kernel, now that INIT is answered.</summary>
    public Errno Register()
    {
        _mayRegister.Set();
        return _start.AwaitRegistered();
    }

    /// <summary>One more thread for a queue whose threads are all at work, as long as there are not too many.</summary>
    public void Grow(RingQueue queue)
    {
        lock (_gate)
        {
            if (!_ending && queue.Threads < _mostThreads) Start(queue, null, null);
        }
    }

    /// <summary>See <see cref="IsEnding"/>.</summary>
    public void End()
    {
        _ending = true;
        _mayRegister.Set();
    }

    /// <summary>Waits until all threads have ended; false when the time is over.</summary>
    public bool AwaitEnd(TimeSpan patience) => _finished.WaitOne(patience);

    private void Start(RingQueue queue, RingStart? start, WaitHandle? mayRegister)
    {
        lock (_gate)
        {
            queue.Rests();
            queue.Threads++;
            _threads++;
            _finished.Reset();
        }
        var thread = new Thread(() => Work(queue, start, mayRegister)) { IsBackground = true, Name = $"fuse ring {queue.Number}" };
        try
        {
            thread.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            queue.Begins();
            Ended(queue);
            start?.Made(Errno.AGAIN);
        }
    }

    private void Work(RingQueue queue, RingStart? start, WaitHandle? mayRegister)
    {
        new RingWorker(this, queue, _session, _dispatcher, _options, _maxWrite).Run(start, mayRegister);
        Ended(queue);
    }

    private void Ended(RingQueue queue)
    {
        lock (_gate)
        {
            queue.Threads--;
            if (--_threads == 0) _finished.Set();
        }
    }
}
