namespace OverlayFuse.Fuse.Wire;

/// <summary>struct fuse_entry_out.</summary>
internal struct EntryOut
{
    public NodeId Node;
    public ulong Generation;
    public ulong EntrySeconds;
    public ulong AttributesSeconds;
    public uint EntryNanoseconds;
    public uint AttributesNanoseconds;
    public Attributes Attributes;

    public static EntryOut From(in Entry entry)
    {
        var (entrySeconds, entryNanoseconds) = Validity.Split(entry.EntryTimeout);
        var (attributesSeconds, attributesNanoseconds) = Validity.Split(entry.AttributesTimeout);
        return new EntryOut
        {
            Node = entry.Node,
            Generation = entry.Generation,
            EntrySeconds = entrySeconds,
            EntryNanoseconds = entryNanoseconds,
            AttributesSeconds = attributesSeconds,
            AttributesNanoseconds = attributesNanoseconds,
            Attributes = entry.Attributes,
        };
    }
}

/// <summary>struct fuse_mknod_in.</summary>
internal struct MknodIn
{
    public uint Mode;
    public uint Device;
    public uint Umask;
    public uint Padding;
}

/// <summary>struct fuse_mkdir_in.</summary>
internal struct MkdirIn
{
    public uint Mode;
    public uint Umask;
}

/// <summary>struct fuse_rename2_in; struct fuse_rename_in is its first half.</summary>
internal struct Rename2In
{
    public NodeId NewParent;
    public uint Flags;
    public uint Padding;
}

/// <summary>struct fuse_create_in.</summary>
internal struct CreateIn
{
    public uint Flags;
    public uint Mode;
    public uint Umask;
    public uint OpenFlags;
}

/// <summary>What CREATE and TMPFILE are answered with: struct fuse_entry_out, then struct fuse_open_out.</summary>
internal struct CreateOut
{
    public EntryOut Entry;
    public OpenOut Open;
}

/// <summary>struct fuse_dirent without its name.</summary>
internal struct DirectoryEntry
{
    public ulong Inode;
    public ulong Cookie;
    public uint NameLength;

    /// <summary>DT_*: the type bits of the mode, shifted down by 12.</summary>
    public uint Type;
}

/// <summary>struct fuse_direntplus without its name.</summary>
internal struct DirectoryEntryPlus
{
    public EntryOut Entry;
    public DirectoryEntry Dirent;
}
