namespace OverlayFuse.Fuse;

/// <summary>The answer to a lookup: the node behind a name, its attributes, and how long the kernel may rely on both.</summary>
/// <remarks>Each entry given with a node adds one to the node's lookup count; FORGET takes it back.</remarks>
public struct Entry
{
    /// <summary>A time the kernel never sees the end of.</summary>
    public static readonly TimeSpan Forever = TimeSpan.FromSeconds(1u << 30);

    /// <summary><see cref="NodeId.None"/>: a negative entry, which the kernel keeps for <see cref="EntryTimeout"/>.</summary>
    public NodeId Node;

    /// <summary>With <see cref="Node"/> it names an object for ever: of the node always the same, 32 bits of it count, and of the root it is 0.</summary>
    public ulong Generation;

    public TimeSpan EntryTimeout;
    public TimeSpan AttributesTimeout;
    public Attributes Attributes;
}
