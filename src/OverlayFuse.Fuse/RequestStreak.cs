namespace OverlayFuse.Fuse;

/// <summary>
/// Tells a queue of requests from a client that is quick: how many in a row were there at once, though nobody had waited for the answer before them.
/// A client on the worker's own processor has its next request there by the time its answer is out.
/// </summary>
internal struct RequestStreak
{
    private uint _asker; // the last thread that waited for an answer; the kernel's own requests are of thread 0, and wait for nothing

    public int Length { get; private set; }

    public void Add(Opcode opcode, uint asker, bool wasThere)
    {
        if (!wasThere) Length = 0;
        else if (opcode is Opcode.Read or Opcode.Write) Length++; // one thread may have many of those under way: io_submit(2)
        else if (opcode is not (Opcode.Forget or Opcode.BatchForget)) Length = asker == 0 || asker != _asker ? Length + 1 : 0;
        if (asker != 0) _asker = asker;
    }

    /// <summary>Another thread was called: whether it is of use shows in what follows.</summary>
    public void Restart() => Length = 1;
}
