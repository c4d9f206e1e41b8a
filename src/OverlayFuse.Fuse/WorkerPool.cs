using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>The threads that read requests and answer them. There is always one waiting, until there are as many as allowed.</summary>
/// <remarks>
/// Each thread reads from a /dev/fuse of its own, cloned from the session's, where that can be had, and has one buffer.
/// An answer goes back through the descriptor that the request came from.
/// </remarks>
internal sealed class WorkerPool(Fd session, Dispatcher dispatcher, SessionOptions options, uint maxWrite)
{
    private readonly Lock _gate = new(); // protects: _threads, _next
    private readonly ManualResetEventSlim _finished = new();
    private int _threads;
    private int _next;
    private int _idle;
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

    public void Start()
    {
        for (var i = 0; i < Math.Max(1, options.MinThreads); i++) Grow();
    }

    /// <summary>Set when all threads have ended.</summary>
    public WaitHandle Finished => _finished.WaitHandle;

    /// <summary>No thread takes another request after the one it waits for.</summary>
    public void End() => _ending = true;

    private void Grow()
    {
        lock (_gate)
        {
            if (_ending || _threads >= options.MaxThreads) return;

            var thread = new Thread(Work) { IsBackground = true, Name = $"fuse {++_next}" };
            _threads++;
            try
            {
                thread.Start();
            }
            catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
            {
                _threads--;
                options.Log?.Invoke($"cannot start a further thread, going on with {_threads}: {e.Message}");
            }
        }
    }

    private void Work()
    {
        var device = OpenClone();
        try
        {
            using var buffer = new RequestBuffer(maxWrite);
            while (!_ending && ServeOne(device.IsOpen ? device : session, buffer))
            {
                if (Volatile.Read(ref _idle) > options.MaxIdleThreads && TryLeave()) return;
            }
            Leave();
        }
        finally
        {
            device.Close();
        }
    }

    /// <summary>Takes one request and answers it. False when none will come any more.</summary>
    private bool ServeOne(Fd device, RequestBuffer buffer)
    {
        Interlocked.Increment(ref _idle);
        var error = Syscall.Read(device, buffer.Incoming, out var received);
        var idle = Interlocked.Decrement(ref _idle);
        if (error != Errno.None || received == 0) return GoesOnAfter(error, device);
        if (_ending) return false; // its descriptor may be gone by the time of the answer

        if (idle == 0 && TakesTime(buffer.Bytes)) Grow();
        var answer = dispatcher.Serve(buffer.Bytes, received);
        if (answer.IsEmpty) return true;

        error = Syscall.Write(device, answer, out _);
        if (error != Errno.None) Undelivered(buffer.Bytes, answer, error);
        return true;
    }

    private bool GoesOnAfter(Errno error, Fd device)
    {
        switch (error)
        {
            case Errno.NOENT: // the request was withdrawn while it was read
                return true;
            case Errno.AGAIN: // a descriptor we were given may be non-blocking
                return Syscall.Poll(device, PollEvents.In, -1, out _) == Errno.None;
            case Errno.None: // the end of a stream
            case Errno.NODEV: // unmounted
            case Errno.CONNABORTED: // aborted, where ABORT_ERROR was negotiated
                break;
            default:
                options.Log?.Invoke($"reading a request failed: {error.Describe()}");
                break;
        }
        _ending = true;
        return false;
    }

    private void Undelivered(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer, Errno error)
    {
        if (error is not (Errno.NOENT or Errno.NODEV or Errno.CONNABORTED or Errno.PIPE))
            options.Log?.Invoke($"the kernel refused an answer to {MemoryMarshal.Read<InHeader>(request).Opcode}: {error.Describe()}");
        dispatcher.Undelivered(request, answer);
    }

    /// <summary>Whether another thread should stand by meanwhile. What has no answer is over at once.</summary>
    private static bool TakesTime(ReadOnlySpan<byte> request) =>
        MemoryMarshal.Read<InHeader>(request).Opcode is not (Opcode.Forget or Opcode.BatchForget or Opcode.Interrupt);

    private Fd OpenClone()
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

    private bool TryLeave()
    {
        lock (_gate)
        {
            if (_threads <= options.MinThreads) return false;
            _threads--;
            return true;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_threads == 0) _finished.Set();
        }
    }
}
