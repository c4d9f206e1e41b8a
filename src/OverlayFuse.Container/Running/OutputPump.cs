using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Carries what a container writes to its log and, while somebody is attached, to him. Ends when nobody holds the other end.</summary>
internal sealed class OutputPump
{
    private readonly Thread _thread;

    /// <param name="attached">Whom it goes to beside the log; <paramref name="left"/> is called when he takes no more.</param>
    public OutputPump(Fd from, Fd attached, Action? left, ContainerLog? log, string stream)
    {
        _thread = new Thread(() => Carry(from, attached, left, log, stream)) { IsBackground = true, Name = stream };
        _thread.Start();
    }

    public void Join() => _thread.Join();

    /// <summary>False: somebody holds the other end after this time, too.</summary>
    public bool Join(TimeSpan patience) => _thread.Join(patience);

    private static void Carry(Fd from, Fd attached, Action? left, ContainerLog? log, string stream)
    {
        var buffer = new byte[64 * 1024];
        var held = 0;

        // A terminal whose last user is gone answers EIO.
        while (Syscall.Read(from, buffer.AsSpan(held), out var count) == Errno.None && count > 0)
        {
            var error = attached.IsOpen ? Syscall.WriteAll(attached, buffer.AsSpan(held, count)) : Errno.None;
            if (error != Errno.None) attached = Fd.None;
            if (error == Errno.PIPE) left?.Invoke(); // not of a stream that he has closed from the start
            held += count;
            var taken = log?.Write(buffer.AsSpan(0, held), stream, isEnd: false) ?? held;
            buffer.AsSpan(taken, held - taken).CopyTo(buffer);
            held -= taken;
        }
        log?.Write(buffer.AsSpan(0, held), stream, isEnd: true);
        from.Close();
    }
}
