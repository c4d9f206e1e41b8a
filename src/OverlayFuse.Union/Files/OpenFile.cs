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

    /// <summary>The node's id, 0 once evicted: tells a late comer that the object serves another file now.</summary>
    public ulong NodeId;

    public bool IsWritable { get; set; }

    /// <summary>Whether it is the upper object; a lower one gives way after copy-up.</summary>
    public bool IsUpper { get; set; }

    public Lock Stripe { get; set; } = null!;

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
