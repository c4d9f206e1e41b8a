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

    public int Node;

    private int _writebacks;
    private Timestamp _modifyTime;

    /// <summary>The node's id, 0 once evicted: tells a late comer that the object serves another file now.</summary>
    public ulong NodeId;

    public bool IsWritable { get; set; }

    /// <summary>Whether it is the upper object; a lower one gives way after copy-up.</summary>
    public bool IsUpper { get; set; }

    public Lock Stripe { get; set; } = null!;

    /// <summary>
    /// The kernel writes back its pages. It keeps the time of the change itself, and tells it only when it is another one than before, so
    /// the file's own time must not move by the writing. To be closed by <see cref="EndWriteback"/>.
    /// </summary>
    public void BeginWriteback()
    {
        lock (Stripe)
        {
            if (_writebacks++ == 0) _modifyTime = Syscall.Stat(Fd, out var status) == Errno.None ? status.ModifyTime : Timestamp.Omit;
        }
    }

    public void EndWriteback()
    {
        lock (Stripe)
        {
            if (--_writebacks == 0) _ = Syscall.Utimens(Fd, Timestamp.Omit, _modifyTime);
        }
    }

    /// <summary>The kernel tells the time while others write back.</summary>
    public void SetModifyTime(Timestamp time)
    {
        lock (Stripe)
        {
            if (_writebacks > 0) _modifyTime = time;
        }
    }

    /// <summary>The node is gone.</summary>
    public void Abandon(ulong nodeId)
    {
        lock (Stripe)
        {
            if (NodeId != nodeId) return;
            IsAbandoned = true;
            if (Pins == 0) Close();
        }
    }

    /// <summary>Ends one use.</summary>
    public void Leave()
    {
        lock (Stripe)
        {
            if (--Pins == 0 && IsAbandoned) Close();
        }
    }

    public void Close()
    {
        Fd.Close();
        Fd = Fd.None;
    }
}
