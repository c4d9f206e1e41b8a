using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>The threads that take requests by FUSE over io_uring: some for each processor and bound to it, more where they are at work.</summary>
/// <remarks>
/// A request goes to the processor that its client is on. What is left for /dev/fuse, where a <see cref="WorkerPool"/> reads on, are FORGET and INTERRUPT.
/// The kernel blocks every request until each possible processor has a ring, so all are made before INIT is answered.
/// </remarks>
internal sealed class RingPool
{
    private const int MaxProcessors = 64; // a thread for each must not cost more than it brings
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly object _gate = new(); // protects: _threads, _growAfter
    private readonly Fd _session;
    private readonly Dispatcher _dispatcher;
    private readonly SessionOptions _options;
    private readonly uint _maxWrite;
    private readonly Action _abort;
    private readonly RingQueue[] _queues;
    private readonly int _mostThreads;
    private readonly ManualResetEvent _mayRegister = new(false);
    private readonly ManualResetEvent _finished = new(true);
    private readonly RingStart _start;
    private int _threads;
    private long _growAfter;
    private volatile bool _ending;

    private RingPool(Fd session, Dispatcher dispatcher, SessionOptions options, uint maxWrite, Action abort, int processors)
    {
        (_session, _dispatcher, _options, _maxWrite, _abort) = (session, dispatcher, options, maxWrite, abort);
        _queues = [.. Enumerable.Range(0, processors).Select(number => new RingQueue(number))];
        var first = processors * RingQueue.Reserve;
        _mostThreads = first + options.MaxThreads;
        _start = new RingStart(first);
    }

    /// <summary>Threads there are now.</summary>
    public int Threads
    {
        get
        {
            lock (_gate) return _threads;
        }
    }

    /// <summary>Set when all threads have ended.</summary>
    public WaitHandle Finished => _finished;

    /// <summary>No thread takes another request.</summary>
    public bool IsEnding => _ending;

    /// <summary>Starts the threads, each with a ring that the kernel does not know yet.</summary>
    /// <param name="abort">Ends the connection: what is done when a ring breaks.</param>
    /// <param name="refusal">Why there can be none, a sentence.</param>
    public static RingPool? TryStart(Fd session, Dispatcher dispatcher, SessionOptions options, uint maxWrite, Action abort, out string? refusal)
    {
        refusal = null;
        var processors = Processors.Possible();
        if (processors is < 1 or > MaxProcessors)
        {
            refusal = processors < 1
                ? "/sys does not say how many processors this machine can have."
                : $"this machine can have {processors} processors, and rings are made for up to {MaxProcessors}.";
            return null;
        }
        var pool = new RingPool(session, dispatcher, options, maxWrite, abort, processors);
        for (var i = 0; i < RingQueue.Reserve; i++)
        {
            foreach (var queue in pool._queues) pool.Start(queue, pool._start, pool._mayRegister);
        }
        var error = pool._start.AwaitMade();
        if (error == Errno.None) return pool;

        pool.End();
        refusal = $"io_uring is refused to this process ({error.Describe()}): a seccomp filter may forbid it, or the sysctl kernel.io_uring_disabled.";
        return null;
    }

    /// <summary>Gives the rings to the kernel, now that INIT is answered.</summary>
    public Errno Register()
    {
        _mayRegister.Set();
        return _start.AwaitRegistered();
    }

    /// <summary>One more thread for a queue of which too few rest, as long as there are not too many; not for a while after that has failed.</summary>
    public void Grow(RingQueue queue)
    {
        lock (_gate)
        {
            if (!_ending && _threads < _mostThreads && Environment.TickCount64 >= _growAfter) Start(queue, null, null);
        }
    }

    /// <summary>See <see cref="IsEnding"/>.</summary>
    public void End()
    {
        _ending = true;
        _mayRegister.Set();
    }

    /// <summary>A ring does not work any more: the connection is ended, so that nobody waits for it.</summary>
    public void Break(string sentence)
    {
        if (_ending) return;
        _options.Log?.Invoke($"{sentence}. The connection is ended.");
        _abort();
    }

    private void Start(RingQueue queue, RingStart? start, WaitHandle? mayRegister)
    {
        lock (_gate)
        {
            _threads++;
            _finished.Reset();
        }
        queue.Rests();
        try
        {
            new Thread(() => Work(queue, start, mayRegister)) { IsBackground = true, Name = $"fuse ring {queue.Number}" }.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            start?.Made(Errno.AGAIN);
            Ended(queue, Errno.AGAIN, isFirst: start is not null);
        }
    }

    private void Work(RingQueue queue, RingStart? start, WaitHandle? mayRegister) =>
        Ended(queue, new RingWorker(this, queue, _session, _dispatcher, _maxWrite).Run(start, mayRegister), isFirst: start is not null);

    private void Ended(RingQueue queue, Errno error, bool isFirst)
    {
        if (error != Errno.None) queue.Begins(); // it never rested
        lock (_gate)
        {
            _threads--;
            if (error != Errno.None && !isFirst && !_ending)
            {
                if (_growAfter == 0) _options.Log?.Invoke($"cannot have a further ring, going on with {_threads}: {error.Describe()}");
                _growAfter = Environment.TickCount64 + (long)PauseAfterFailure.TotalMilliseconds;
            }
            if (_threads == 0) _finished.Set();
        }
    }
}
