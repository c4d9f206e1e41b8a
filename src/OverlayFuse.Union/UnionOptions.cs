using OverlayFuse.Fuse;

namespace OverlayFuse.Union;

/// <summary>What a mount was asked for. Paths are bytes, absolute or relative to the current directory.</summary>
public sealed class UnionOptions
{
    /// <summary>The lower layers, topmost first.</summary>
    public List<byte[]> LowerDirectories { get; } = [];

    /// <summary>Layers that are not merged: they hold bytes of metacopies, which name them by path. Topmost first.</summary>
    public List<byte[]> DataDirectories { get; } = [];

    /// <summary>The writable layer; null for a read-only union.</summary>
    public byte[]? UpperDirectory { get; set; }

    /// <summary>A directory on the file system of the upper, given whenever an upper is.</summary>
    public byte[]? WorkDirectory { get; set; }

    /// <summary>Empty for a union that is opened and not mounted.</summary>
    public required byte[] MountPoint { get; init; }

    public DataMode Data { get; set; }

    /// <summary>False: each write(2) reaches the daemon before it returns. Only <see cref="DataMode.Cached"/> has the choice.</summary>
    public bool WriteBack { get; set; } = true;

    public Transport Transport { get; set; }

    public Durability Durability { get; set; } = Durability.Ordered;

    /// <summary>Up to so many bytes, copying all of a file costs about as much as making a map of it.</summary>
    public const ulong DefaultWholeUpTo = 512 << 10;

    /// <summary>Lower files of more than so many bytes come up block by block, as they are written; null: all come up whole.</summary>
    public ulong? WholeUpTo { get; set; }

    /// <summary>When the rest of such files is brought up.</summary>
    public SettlePolicy Settle { get; set; }

    /// <summary>The lower layers never change, so what is synced may depend on them.</summary>
    public bool Immutable { get; set; }

    public bool ReadOnly { get; set; }

    /// <summary>Which ids of the layers are shown as which; none: all as they are.</summary>
    public List<IdRange> UidMapping { get; } = [];

    public List<IdRange> GidMapping { get; } = [];

    /// <summary>The owner that every object is shown with; what is stored stays.</summary>
    public uint? SquashToUid { get; set; }

    public uint? SquashToGid { get; set; }

    /// <summary>Where an upper that does not do so yet begins to keep owners, modes and types (xattr_permissions).</summary>
    public OverrideForm KeepOwnersIn { get; set; }

    /// <summary>Every directory has a link count of 1 (static_nlink).</summary>
    public bool StaticLinkCount { get; set; }

    /// <summary>Inode numbers have 32 bits (ino32_t).</summary>
    public bool NarrowInodes { get; set; }

    /// <summary>How long the kernel believes what it was told before it asks again: that a name leads to an object, and which names a directory has.</summary>
    public TimeSpan EntryTimeout { get; set; } = Entry.Forever;

    /// <summary>The same for attributes of objects.</summary>
    public TimeSpan AttributesTimeout { get; set; } = Entry.Forever;

    /// <summary>The same for names that lead to nothing.</summary>
    public TimeSpan NegativeTimeout { get; set; } = Entry.Forever;

    /// <summary>Whether POSIX ACLs are served (noacl turns them off).</summary>
    public bool Acl { get; set; } = true;
}
