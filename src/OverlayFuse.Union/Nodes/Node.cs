using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// One inode of the union. It has no descriptor: it is found by (directory, name), in the upper when <see cref="NodeFlags.Upper"/>
/// is set, else in the layer directory <see cref="Lower"/>.
/// </summary>
internal struct Node
{
    /// <summary>The kernel's number for it; 0 in a free slot.</summary>
    public ulong Id;

    /// <summary>st_ino: never changes while the upper lives.</summary>
    public ulong Inode;

    /// <summary>How often the kernel was given it and has not forgotten it: each time it asks, where names are believed for a time only.</summary>
    public long Lookups;

    /// <summary>Names of children, and operations under way, that need it.</summary>
    public int References;

    /// <summary>Head of the list of its names; 0 when it has none.</summary>
    public int FirstName;

    /// <summary>Its name in <see cref="Lower"/> where that is no longer its name in the union; 0: the same.</summary>
    public int LowerName;

    public FileType Type;

    private int _flags;

    /// <summary>For a file in a lower layer, or a metacopy: the directory that has its bytes.</summary>
    public LayerDirectory? Lower;

    /// <summary>For directories a <see cref="UnionDirectory"/>; for files with an open descriptor an <see cref="OpenFile"/>.</summary>
    public object? State;

    /// <summary>Read without a lock; changed one step at a time by <see cref="Set"/> and <see cref="Clear"/>.</summary>
    public NodeFlags Flags
    {
        readonly get => (NodeFlags)Volatile.Read(in _flags);
        init => _flags = (int)value;
    }

    public readonly bool Has(NodeFlags flag) => (Flags & flag) != 0;

    public readonly bool IsUpper => Has(NodeFlags.Upper);

    public readonly bool IsDirectory => Type == FileType.Directory;

    public void Set(NodeFlags flags) => Interlocked.Or(ref _flags, (int)flags);

    public void Clear(NodeFlags flags) => Interlocked.And(ref _flags, ~(int)flags);
}
