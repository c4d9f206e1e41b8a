using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Carries what a container writes to its log and, while somebody is attached, to him. Ends when nobody holds the other end.</summary>
internal sealed class OutputPump
{
    private const int Size = 64 * 1024; // as a pipe has room for, pipe(7)

    private readonly Lock _turn = new(); // a leaf but for the log's; protects: the beginning of a line, and that nobody reads behind the end
    private readonly Thread _thread;
    private readonly Fd _from;
    private readonly ContainerLog? _log;
    private readonly string _stream;
    private readonly byte[] _unlogged; // the beginning of a line
    private int _held; // of it
    private bool _isOver;
    private volatile bool _isIdle;
    private long _carried;
    private volatile string? _failure;

    /// <param name="attached">Whom it goes to beside the log; <paramref name="left"/> is called when he takes no more.</param>
    public OutputPump(Fd from, Fd attached, Action? left, ContainerLog? log, string stream)
    {
        (_from, _log, _stream) = (from, log, stream);
        _unlogged = log is null ? [] : new byte[Size];
        _thread = new Thread(() => Carry(attached, left)) { IsBackground = true, Name = stream };
        _thread.Start();
    }

    public void Join() => _thread.Join();

    /// <summary>False: somebody holds the other end after this time, too, or what came by it is not yet taken.</summary>
    public bool Join(TimeSpan patience) => _thread.Join(patience);

    /// <summary>All that was written until now has come to whoever it is for.</summary>
    public bool IsIdle => Syscall.Poll(_from, PollEvents.In, 0, out var ready) == Errno.None && ready == PollEvents.None && _isIdle; // in this order: what is read is no longer there

    /// <summary>How many bytes have come to whoever they are for.</summary>
    public long Carried => Interlocked.Read(ref _carried);

    /// <summary>A sentence on why whoever is attached did not get all of it, though he is there; null: he did.</summary>
    public string? Failure => _failure;

    /// <summary>Does not wait for whoever is attached any longer: what there still is comes into the log, and nothing more is taken.</summary>
    public void GiveUp()
    {
        lock (_turn)
        {
            if (_isOver) return;
            var buffer = new byte[Size]; // the other one is being written
            for (var rest = Size; rest > 0 && Syscall.Poll(_from, PollEvents.In, 0, out var ready) == Errno.None && ready != PollEvents.None && Take(buffer) is var count and > 0;) rest -= count;
            EndLog();
        }
    }

    private void Carry(Fd attached, Action? left)
    {
        var buffer = new byte[Size];
        while (Await() && TakeNext(buffer) is var count and > 0)
        {
            var error = attached.IsOpen ? Syscall.WriteAll(attached, buffer.AsSpan(0, count)) : Errno.None;
            if (error != Errno.None && !IsGone(attached, error)) _failure = $"cannot write to {Name(_stream)}: {error.Describe()}.";
            if (error != Errno.None) attached = Fd.None;
            if (error == Errno.PIPE) left?.Invoke(); // not of a stream that he has closed from the start
            if (_failure is not null && _log is null && left is not null) break; // nobody takes it any more, and the program is to notice as at the end of any pipe
            Interlocked.Add(ref _carried, count);
        }
        lock (_turn)
        {
            if (!_isOver) EndLog();
            _from.Close();
        }
    }

    private int TakeNext(byte[] buffer)
    {
        lock (_turn) return _isOver ? 0 : Take(buffer);
    }

    // Into the log at once: whoever is attached may never take it. A terminal whose last user is gone answers EIO.
    private int Take(byte[] buffer)
    {
        if (Syscall.Read(_from, buffer.AsSpan(0, Size - _held), out var count) != Errno.None || count == 0) return 0;
        if (_log is null) return count;
        buffer.AsSpan(0, count).CopyTo(_unlogged.AsSpan(_held));
        _held += count;
        var logged = _log.Write(_unlogged.AsSpan(0, _held), _stream, isEnd: false);
        _unlogged.AsSpan(logged, _held - logged).CopyTo(_unlogged);
        _held -= logged;
        return count;
    }

    private void EndLog()
    {
        _log?.Write(_unlogged.AsSpan(0, _held), _stream, isEnd: true);
        _isOver = true;
    }

    // A stream that was closed from the start answers EBADF, a terminal that hung up EIO.
    private static bool IsGone(Fd attached, Errno error) =>
        error is Errno.PIPE or Errno.BADF || (error == Errno.IO && Syscall.Stat(attached, out var status) == Errno.None && status.Type == FileType.CharDevice);

    private static string Name(string stream) => stream == "stderr" ? "standard error" : "standard output";

    private bool Await()
    {
        _isIdle = true;
        var error = Syscall.Poll(_from, PollEvents.In, -1, out _);
        _isIdle = false;
        return error == Errno.None;
    }
}
