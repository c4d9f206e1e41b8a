namespace OverlayFuse.Fuse.Wire;

/// <summary>enum fuse_notify_code.</summary>
internal enum NotifyCode
{
    Poll = 1,
    InvalidateInode = 2,
    InvalidateEntry = 3,
    Store = 4,
    Retrieve = 5,
    Delete = 6,
    Resend = 7,
    IncrementEpoch = 8,
    Prune = 9,
}

/// <summary>struct fuse_notify_inval_inode_out.</summary>
internal struct InvalidateInodeOut
{
    public NodeId Node;
    public long Offset;
    public long Length;
}

/// <summary>struct fuse_notify_inval_entry_out; the name and a NUL follow.</summary>
internal struct InvalidateEntryOut
{
    public const uint ExpireOnly = 1; // FUSE_EXPIRE_ONLY

    public NodeId Parent;
    public uint NameLength;
    public uint Flags;
}

/// <summary>struct fuse_notify_delete_out; the name and a NUL follow.</summary>
internal struct DeleteOut
{
    public NodeId Parent;
    public NodeId Child;
    public uint NameLength;
    public uint Padding;
}

/// <summary>struct fuse_notify_prune_out; the node numbers follow.</summary>
internal struct PruneOut
{
    public uint Count;
    public uint Padding;
    public ulong Spare;
}
