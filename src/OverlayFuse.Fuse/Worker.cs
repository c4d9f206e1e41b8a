using System.Diagnostics;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>One thread of a <see cref="WorkerPool"/>: it takes a request, answers it, and looks for the next.</summary>
/// <remarks>
/// It reads from a /dev/fuse of its own, cloned from the session's, where that can be had, and has one buffer. An answer goes back through the
/// descriptor that the request came from.
/// </remarks>
internal sealed class Worker : IDisposable
{
    private const int BusyStreak = 8;
    private const int LongestRest = 63;
    private const uint LargeTransfer = 64 * 1024;
    private const int EmptyRounds = 10;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(5);

    // Longer than a client needs to wake up, take its answer and ask again: mostly 45 us where waking another processor is slow, as in a virtual
    // machine, and nine of ten times less than 130.
    private static readonly long SpinTime = Environment.ProcessorCount > 1 ? Stopwatch.Frequency / 1_000_000 * 150 : 0;

    private readonly WorkerPool _pool;
    private readonly Fd _session;
    private readonly Dispatcher _dispatcher;
    private readonly Action<string>? _log;
    private readonly RequestBuffer _buffer;
    private readonly Fd _clone;
    private RequestStreak _streak;
    private int _misses; // looks in a row that were for nothing
    private int _rest; // reads until the next look
    private bool _sleeps = true; // in a read of the clone, while there is nothing

    public Worker(WorkerPool pool, Fd session, Dispatcher dispatcher, SessionOptions options, uint maxWrite)
    {
        (_pool, _session, _dispatcher, _log) = (pool, session, dispatcher, options.Log);
        _buffer = new RequestBuffer(maxWrite);
        _clone = pool.OpenClone();
    }

    private Fd Device => _clone.IsOpen ? _clone : _session;

    /// <summary>Until no request will come any more, or the thread is one too many.</summary>
    public void Run()
    {
        // Whoever is started was called, so it reads first in any case.
        for (var isNew = true; _pool.BeginReading(isBusy: isNew || _streak.Length > 0) && ServeOne(); isNew = false)
        {
        }
    }

    public void Dispose()
    {
        _clone.Close();
        _buffer.Dispose();
    }

    // True to go on.
    private bool ServeOne()
    {
        var error = Take(out var received, out var wasThere);
        var isRequest = error == Errno.None && received > 0;
        _pool.EndReading(isRequest && TakesLong(_buffer.Bytes));
        if (!isRequest) return GoesOnAfter(error);
        if (_pool.IsEnding) return false; // its descriptor may be gone by the time of the answer
        var header = MemoryMarshal.Read<InHeader>(_buffer.Bytes);
        _streak.Add(header.Opcode, header.Pid, wasThere);
        if (_streak.Length >= BusyStreak)
        {
            _streak.Restart();
            _pool.Call();
        }

        var answer = _dispatcher.Serve(_buffer.Bytes, received);
        if (answer.IsEmpty) return true;

        error = Syscall.Write(Device, answer, out _);
        if (error != Errno.None) UndoUndelivered(_buffer.Bytes, answer, error);
        return true;
    }

    // To be woken costs as much as to serve, so it asks for the next request a while without sleeping, giving way to whoever wants the
    // processor; and does so seldom where that was for nothing. Not on a descriptor that others sleep on.
    private Errno Take(out int received, out bool wasThere)
    {
        wasThere = false;
        if (_pool.IsForForgets && _clone.IsOpen) return Collect(out received);
        if (SpinTime == 0 || !_clone.IsOpen || _rest-- > 0) return Wait(out received);

        _rest = 0;
        Sleeps(false);
        var until = Stopwatch.GetTimestamp() + SpinTime;
        for (var isFirst = true; ; isFirst = false)
        {
            var error = Syscall.Read(_clone, _buffer.Incoming, out received);
            if (error != Errno.AGAIN)
            {
                _misses = 0;
                wasThere = isFirst;
                return error;
            }
            if (Stopwatch.GetTimestamp() >= until) break;
            Thread.Yield();
        }
        _misses = Math.Min(_misses + 1, 6);
        _rest = Math.Min((1 << _misses) - 1, LongestRest);
        Sleeps(true);
        return Wait(out received);
    }

    // Only FORGET and INTERRUPT come here, and nobody waits for them. So that the kernel need not wake us for each, we look for them now and then,
    // and sleep at the descriptor when there were none for a while.
    private Errno Collect(out int received)
    {
        Sleeps(false);
        for (var rounds = 0; rounds < EmptyRounds; rounds++)
        {
            var error = Syscall.Read(_clone, _buffer.Incoming, out received);
            if (error != Errno.AGAIN) return error;
            Thread.Sleep(Round);
        }
        Sleeps(true);
        return Wait(out received);
    }

    // A descriptor that we were given may be non-blocking.
    private Errno Wait(out int received)
    {
        while (true)
        {
            var error = Syscall.Read(Device, _buffer.Incoming, out received);
            if (error != Errno.AGAIN) return error;
            error = Syscall.Poll(Device, PollEvents.In, -1, out _);
            if (error != Errno.None) return error;
        }
    }

    private void Sleeps(bool sleeps)
    {
        if (_sleeps == sleeps || Syscall.SetNonBlocking(_clone, !sleeps) != Errno.None) return;
        _sleeps = sleeps;
    }

    private bool GoesOnAfter(Errno error)
    {
        switch (error)
        {
            case Errno.NOENT: // the request was withdrawn while it was read
                return true;
            case Errno.NOMEM: // no memory to put it in: the kernel has answered it EIO, and the others need not suffer (fuse_dev_do_read())
                _log?.Invoke($"a request could not be read and has failed: {error.Describe()}");
                return true;
            case Errno.None: // the end of a stream
            case Errno.NODEV: // unmounted
            case Errno.CONNABORTED: // aborted, where ABORT_ERROR was negotiated
                break;
            default:
                _log?.Invoke($"reading a request failed: {error.Describe()}");
                break;
        }
        _pool.End();
        return false;
    }

    private void UndoUndelivered(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer, Errno error)
    {
        if (error is not (Errno.NOENT or Errno.NODEV or Errno.CONNABORTED or Errno.PIPE))
            _log?.Invoke($"the kernel refused an answer to {MemoryMarshal.Read<InHeader>(request).Opcode}: {error.Describe()}");
        _dispatcher.UndoUndelivered(request, answer);
    }

    // Much to copy, something to be put on disk, or (LSEEK) an answer that needs others to be given first.
    private static bool TakesLong(ReadOnlySpan<byte> request)
    {
        var header = MemoryMarshal.Read<InHeader>(request);
        return header.Opcode switch
        {
            Opcode.FSync or Opcode.FSyncDir or Opcode.SyncFs or Opcode.Fallocate or Opcode.CopyFileRange or Opcode.CopyFileRange64 or Opcode.LSeek or Opcode.Ioctl => true,
            Opcode.Write => header.Length >= LargeTransfer,
            Opcode.Read => MemoryMarshal.Read<TransferIn>(request[Exchange.HeaderSize..]).Size >= LargeTransfer,
            _ => false,
        };
    }
}
