namespace OverlayFuse.Union;

/// <summary>One name of one node in one directory.</summary>
internal struct NameRecord
{
    /// <summary>Slot of the directory.</summary>
    public int Parent;

    /// <summary>Slot of the node.</summary>
    public int Node;

    public uint Hash;

    /// <summary>The name's bytes in the shard's <see cref="NameStore"/>.</summary>
    public int Name;

    /// <summary>Next record of the same bucket.</summary>
    public int Next;

    /// <summary>Handle of the next name of the same node (hard links).</summary>
    public int NextOfNode;
}
