using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The descriptor through which a file's bytes are reached, shared by all who use the file.</summary>
internal sealed class OpenFile
{
    // Protected by the stripe of OpenFiles.
    public Fd Fd = Fd.None;
    public int Pins;
    public bool IsRecentlyUsed;

    /// <summary>No longer the node's: closed when the last user leaves.</summary>
    public bool IsAbandoned;

    /// <summary>Nothing but this descriptor keeps the file: it has one pin for as long as the node lives.</summary>
    public bool IsHeld;

    public int Node;

    private int _writebacks;
    private KeptAttributes _kept;
    private OpenFile? _before;

    /// <summary>The node's id, 0 once evicted: tells a latecomer that the object serves another file now.</summary>
    public ulong NodeId;

    public bool IsWritable { get; set; }

    /// <summary>Where its bytes were when it was opened; it is replaced when they are elsewhere.</summary>
    public FileBytes Bytes { get; set; }

    /// <summary>Set with <see cref="FileBytes.Joined"/>: then <see cref="Fd"/> is the upper object.</summary>
    public PartialFile? Partial { get; set; }

    public Stripe Stripe { get; set; } = null!;

    /// <summary>
    /// The kernel writes back its pages. It keeps the time of the change itself, and tells it only when it has changed, so
    /// the file's own time must not move by the writing, and nothing else either. To be closed by <see cref="EndWriteback"/>.
    /// </summary>
    public void BeginWriteback()
    {
        using (Stripe.Enter())
        {
            if (_writebacks++ == 0) _kept = KeptAttributes.Of(Fd);
        }
    }

    public void EndWriteback()
    {
        using (Stripe.Enter())
        {
            if (--_writebacks == 0) _kept.GiveTo(Fd);
        }
    }

    /// <summary>The kernel tells the time while others write back. The caller holds the stripe, as with the next two.</summary>
    public void SetModifyTime(Timestamp time) => _kept.ModifyTime = time;

    /// <summary>Somebody sets the mode meanwhile, or, by another owner, takes what it must not keep.</summary>
    public void SetMode(uint mode)
    {
        _kept.Mode = mode;
        Before?.SetMode(mode);
    }

    /// <summary>Somebody sets the capability meanwhile; empty: removes it.</summary>
    public void SetCapability(ReadOnlySpan<byte> capability)
    {
        _kept.Capability = capability;
        Before?.SetCapability(capability);
    }

    /// <summary>It takes the place of another of the same node, through which somebody may still be writing back. Under the stripe.</summary>
    public void Follow(OpenFile? old) => _before = old is { _writebacks: > 0 } ? old : null;

    // By now it may serve another file.
    private OpenFile? Before => _before is { } old && old.NodeId == NodeId ? old : null;

    /// <summary>The capability that the file lacks for the moment, while it is written back.</summary>
    /// <param name="nodeId">Of the file, for who has no pin: the object may serve another one by now. So with the next.</param>
    public bool TryGetCapability(ulong nodeId, Span<byte> buffer, out int length)
    {
        using (Stripe.Enter())
        {
            length = 0;
            return NodeId == nodeId && _writebacks > 0 && _kept.TryGetCapability(buffer, out length);
        }
    }

    /// <summary>Somebody else wrote it meanwhile, which sets its time.</summary>
    public void Written()
    {
        using (Stripe.Enter()) _kept.ModifyTime = Timestamp.Omit;
    }

    /// <summary>Asks once more for the time of the object at a place, which is not the file's own while it is written back.</summary>
    public void CorrectTime(ulong nodeId, in Place place, ref FileStatus status)
    {
        using (Stripe.Enter())
        {
            if (NodeId != nodeId) return; // and nobody writes it back
            if (Syscall.StatAt(place.Dir, place.Name, cached: false, out var now) != Errno.None) return;
            status.ModifyTime = _writebacks > 0 && _kept.ModifyTime != Timestamp.Omit ? _kept.ModifyTime : now.ModifyTime;
        }
    }

    public Errno Read(Span<byte> buffer, long offset, out int count) =>
        Partial is { } partial ? partial.Read(buffer, offset, out count) : Syscall.PRead(Fd, buffer, offset, out count);

    public Errno Write(ReadOnlySpan<byte> data, long offset, out int count) =>
        Partial is { } partial ? partial.Write(data, offset, out count) : Syscall.PWrite(Fd, data, offset, out count);

    public Errno Truncate(ulong size) => Partial is { } partial ? partial.Truncate(size) : Syscall.Truncate(Fd, (long)size);

    public Errno Allocate(FallocateMode mode, long offset, long length) =>
        Partial is { } partial ? partial.Allocate(mode, offset, length) : Syscall.Fallocate(Fd, mode, offset, length);

    public Errno Seek(long offset, Whence whence, out long result) =>
        Partial is { } partial ? partial.Seek(offset, whence, out result) : Syscall.LSeek(Fd, offset, whence, out result);

    public Errno Sync(bool dataOnly) => Partial is { } partial ? partial.Sync(dataOnly) : dataOnly ? Syscall.FDataSync(Fd) : Syscall.FSync(Fd);

    /// <summary>The node is gone.</summary>
    public void Abandon(ulong nodeId)
    {
        Fd last;
        using (Stripe.Enter())
        {
            if (NodeId != nodeId) return;
            IsAbandoned = true;
            if (IsHeld) Pins--;
            IsHeld = false;
            if (Pins > 0) return;
            (last, Fd) = (Fd, Fd.None);
            Close();
        }
        last.Close(); // the file may go with it, which takes long if it is large: others must not wait for the stripe meanwhile
    }

    /// <summary>One more use, by who has one.</summary>
    public OpenFile Stay()
    {
        using (Stripe.Enter()) Pins++;
        return this;
    }

    /// <summary>Ends one use.</summary>
    public void Leave()
    {
        using (Stripe.Enter())
        {
            if (--Pins == 0 && IsAbandoned) Close();
        }
    }

    public void Close()
    {
        Partial?.Close();
        Partial = null;
        Fd.Close();
        Fd = Fd.None;
    }
}
