using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>One thread of a <see cref="RingPool"/>: it has a ring with one entry, sleeps until the kernel has put a request there, answers it, and sleeps again.</summary>
internal sealed class RingWorker(RingPool pool, RingQueue queue, Fd session, Dispatcher dispatcher, uint maxWrite)
{
    private static readonly TimeSpan ShortOfMemory = TimeSpan.FromMilliseconds(10);

    /// <summary>Until no request will come any more.</summary>
    /// <param name="started">Is told what came of the ring, and of its registration.</param>
    /// <param name="mayRegister">Waited for in between: the kernel takes no ring before INIT is answered.</param>
    /// <returns>What prevented it from beginning.</returns>
    public Errno Run(RingStart? started, WaitHandle? mayRegister)
    {
        // The client sleeps while its request is served: its processor is free, and nobody else need be woken. Where the processor is not ours, anywhere.
        _ = Syscall.BindToProcessor(queue.Number);
        using var entry = new RingEntry(queue.Number, maxWrite); // outlives the ring, through which the kernel writes into it
        var error = CommandRing.TryCreate(1, out var made);
        started?.Made(error);
        if (made is null) return error;

        using var ring = made;
        mayRegister?.WaitOne();
        error = pool.IsEnding ? Errno.CANCELED : Register(ring, entry);
        started?.Registered(error);
        if (error == Errno.None) Serve(ring, entry);
        return error;
    }

    private Errno Register(CommandRing ring, RingEntry entry)
    {
        entry.Register(ring, session);
        var error = ring.Submit(wait: false);
        if (error != Errno.None || !ring.TryTake(out var result)) return error;
        return result < 0 ? (Errno)(-result) : Errno.PROTO; // a request is only seen by who waits for one
    }

    private void Serve(CommandRing ring, RingEntry entry)
    {
        while (true)
        {
            if (!Await(ring, out var result)) return;
            if (result < 0)
            {
                if ((Errno)(-result) is not (Errno.NOTCONN or Errno.CONNABORTED or Errno.CANCELED)) pool.Break($"the kernel gives no more requests to a ring: {((Errno)(-result)).Describe()}");
                return;
            }
            if (queue.Begins()) pool.Grow(queue);
            Answer(entry);
            if (pool.IsEnding) return; // nobody waits for the answer any more
            queue.Rests();
            entry.CommitAndFetch(ring, session);
        }
    }

    // A ring that is given up would leave its client, and whoever comes after, waiting for ever.
    private bool Await(CommandRing ring, out int result)
    {
        while (!ring.TryTake(out result))
        {
            var error = ring.Submit(wait: true);
            if (error is Errno.AGAIN or Errno.BUSY or Errno.NOMEM) Thread.Sleep(ShortOfMemory);
            else if (error != Errno.None)
            {
                pool.Break($"waiting for a request at a ring failed: {error.Describe()}");
                return false;
            }
        }
        return true;
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
