namespace OverlayFuse.Fuse.Wire;

/// <summary>struct fuse_open_in.</summary>
internal struct OpenIn
{
    public const uint KillSuidGid = 1; // FUSE_OPEN_KILL_SUIDGID

    public uint Flags;
    public uint OpenFlags;
}

/// <summary>struct fuse_open_out.</summary>
internal struct OpenOut
{
    public ulong Handle;
    public OpenReplyFlags Flags;
    public int BackingId;

    public static OpenOut From(in OpenReply reply) => new() { Handle = reply.Handle, Flags = reply.Flags, BackingId = reply.BackingId };
}

/// <summary>struct fuse_release_in.</summary>
internal struct ReleaseIn
{
    public ulong Handle;
    public uint Flags;
    public uint ReleaseFlags;
    public ulong LockOwner;
}

/// <summary>struct fuse_flush_in.</summary>
internal struct FlushIn
{
    public ulong Handle;
    public uint Unused;
    public uint Padding;
    public ulong LockOwner;
}

/// <summary>struct fuse_read_in and struct fuse_write_in.</summary>
internal struct TransferIn
{
    public ulong Handle;
    public long Offset;
    public uint Size;
    public uint TransferFlags;
    public ulong LockOwner;
    public uint Flags;
    public uint Padding;
}

/// <summary>struct fuse_fsync_in.</summary>
internal struct FSyncIn
{
    public const uint DataOnly = 1; // FUSE_FSYNC_FDATASYNC

    public ulong Handle;
    public uint Flags;
    public uint Padding;
}

/// <summary>struct fuse_fallocate_in.</summary>
internal struct FallocateIn
{
    public ulong Handle;
    public long Offset;
    public long Size;
    public int Mode;
    public uint Padding;
}

/// <summary>struct fuse_lseek_in.</summary>
internal struct LSeekIn
{
    public ulong Handle;
    public long Offset;
    public int Whence;
    public uint Padding;
}

/// <summary>struct fuse_copy_file_range_in.</summary>
internal struct CopyFileRangeIn
{
    public ulong FromHandle;
    public long FromOffset;
    public NodeId To;
    public ulong ToHandle;
    public long ToOffset;
    public ulong Size;
    public ulong Flags;
}

/// <summary>struct fuse_file_lock.</summary>
internal struct LockRange
{
    public ulong Start;
    public ulong End;
    public int Type;
    public uint Pid;
}

/// <summary>struct fuse_lk_in.</summary>
internal struct LockIn
{
    public const uint Flock = 1; // FUSE_LK_FLOCK

    public ulong Handle;
    public ulong Owner;
    public LockRange Range;
    public uint Flags;
    public uint Padding;
}

/// <summary>struct fuse_ioctl_in.</summary>
internal struct IoctlIn
{
    public ulong Handle;
    public IoctlFlags Flags;
    public uint Command;
    public ulong Argument;
    public uint InputSize;
    public uint OutputSize;
}

/// <summary>struct fuse_ioctl_out.</summary>
internal struct IoctlOut
{
    public int Result;
    public uint Flags;
    public uint InputVectors;
    public uint OutputVectors;
}

/// <summary>struct fuse_poll_in.</summary>
internal struct PollIn
{
    public ulong Handle;
    public ulong KernelHandle;
    public uint Flags;
    public uint Events;
}

/// <summary>struct fuse_bmap_in.</summary>
internal struct BlockMapIn
{
    public ulong Block;
    public uint BlockSize;
    public uint Padding;
}
