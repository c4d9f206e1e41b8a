using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Carries what a container writes to its log and, while somebody is attached, to him. Ends when nobody holds the other end.</summary>
internal sealed class OutputPump
{
    private readonly Thread _thread;
    private readonly Fd _from;
    private volatile bool _isIdle;
    private long _carried;
    private volatile string? _failure;

    /// <param name="attached">Whom it goes to beside the log; <paramref name="left"/> is called when he takes no more.</param>
    public OutputPump(Fd from, Fd attached, Action? left, ContainerLog? log, string stream)
    {
        _from = from;
        _thread = new Thread(() => Carry(from, attached, left, log, stream)) { IsBackground = true, Name = stream };
        _thread.Start();
    }

    public void Join() => _thread.Join();

    /// <summary>False: somebody holds the other end after this time, too.</summary>
    public bool Join(TimeSpan patience) => _thread.Join(patience);

    /// <summary>All that was written until now has come to whoever it is for.</summary>
    public bool IsIdle => Syscall.Poll(_from, PollEvents.In, 0, out var ready) == Errno.None && ready == PollEvents.None && _isIdle; // in this order: what is read is no longer there

    /// <summary>How many bytes have come to whoever they are for.</summary>
    public long Carried => Interlocked.Read(ref _carried);

    /// <summary>A sentence on why whoever is attached did not get all of it, though he is there; null: he did.</summary>
    public string? Failure => _failure;

    private void Carry(Fd from, Fd attached, Action? left, ContainerLog? log, string stream)
    {
        var buffer = new byte[64 * 1024];
        var held = 0;

        // A terminal whose last user is gone answers EIO.
        while (Await() && Syscall.Read(from, buffer.AsSpan(held), out var count) == Errno.None && count > 0)
        {
            var error = attached.IsOpen ? Syscall.WriteAll(attached, buffer.AsSpan(held, count)) : Errno.None;
            if (error != Errno.None && !IsGone(attached, error)) _failure = $"cannot write to {Name(stream)}: {error.Describe()}.";
            if (error != Errno.None) attached = Fd.None;
            if (error == Errno.PIPE) left?.Invoke(); // not of a stream that he has closed from the start
            if (_failure is not null && log is null && left is not null) break; // nobody takes it any more, and the program is to notice as at the end of any pipe
            Interlocked.Add(ref _carried, count);
            held += count;
            var taken = log?.Write(buffer.AsSpan(0, held), stream, isEnd: false) ?? held;
            buffer.AsSpan(taken, held - taken).CopyTo(buffer);
            held -= taken;
        }
        log?.Write(buffer.AsSpan(0, held), stream, isEnd: true);
        from.Close();
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
