using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>One thread of a <see cref="RingPool"/>: it has a ring with one entry, sleeps until the kernel has put a request there, answers it, and sleeps again.</summary>
internal sealed class RingWorker(RingPool pool, RingQueue queue, Fd session, Dispatcher dispatcher, SessionOptions options, uint maxWrite)
{
    /// <summary>Until no request will come any more.</summary>
    /// <param name="started">Is told what came of the ring, and of its registration.</param>
    /// <param name="mayRegister">Waited for in between: the kernel takes no ring before INIT is answered.</param>
    public void Run(RingStart? started, WaitHandle? mayRegister)
    {
        // The client sleeps while its request is served: its processor is free, and nobody else need be woken. Where the processor is not ours, anywhere.
        _ = Syscall.BindToProcessor(queue.Number);
        var error = CommandRing.TryCreate(1, out var ring);
        started?.Made(error);
        if (ring is null)
        {
            queue.Begins(); // it will not rest there
            return;
        }

        using var made = ring;
        using var entry = new RingEntry(queue.Number, maxWrite);
        mayRegister?.WaitOne();
        if (pool.IsEnding) return;
        entry.Register(ring, session);
        error = ring.Submit(wait: false);
        if (error == Errno.None && ring.TryTake(out var refused) && refused < 0) error = (Errno)(-refused);
        started?.Registered(error);
        if (error != Errno.None)
        {
            queue.Begins();
            return;
        }
        Serve(ring, entry);
    }

    private void Serve(CommandRing ring, RingEntry entry)
    {
        while (true)
        {
            int result;
            while (!ring.TryTake(out result))
            {
                var error = ring.Submit(wait: true);
                if (error == Errno.None) continue;
                options.Log?.Invoke($"waiting for a request at a ring failed: {error.Describe()}");
                return;
            }
            if (result < 0)
            {
                if ((Errno)(-result) is not (Errno.NOTCONN or Errno.CONNABORTED or Errno.CANCELED))
                    options.Log?.Invoke($"the kernel gives no more requests to a ring: {((Errno)(-result)).Describe()}");
                return;
            }
            if (pool.IsEnding) return; // its descriptor may be gone by the time of the answer

            if (queue.Begins()) pool.Grow(queue);
            Answer(entry);
            queue.Rests();
            entry.CommitAndFetch(ring, session);
        }
    }

    private void Answer(RingEntry entry)
    {
        var request = entry.Load(out var received);
        if (request.IsEmpty)
        {
            entry.StoreError(Errno.IO);
            return;
        }
        var answer = dispatcher.Serve(request, received);
        if (answer.IsEmpty) entry.StoreError(Errno.NOSYS); // what wants no answer does not come this way
        else entry.Store(answer);
    }
}
