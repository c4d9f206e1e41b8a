namespace OverlayFuse.Fuse.Wire;

// FUSE over io_uring, since Linux 6.14. Names and order of the fields are those of linux/fuse.h.

/// <summary>enum fuse_uring_cmd.</summary>
internal enum RingCommand : uint
{
    Register = 1,
    CommitAndFetch = 2,
}

/// <summary>struct fuse_uring_req_header: the head of a request, and of its answer, in memory that the kernel writes and reads.</summary>
internal unsafe struct RingHeader
{
    /// <summary>A struct fuse_in_header, and for the answer a struct fuse_out_header.</summary>
    public fixed byte InOut[128];

    /// <summary>The struct that the opcode begins with; the rest of the request is payload.</summary>
    public fixed byte Operation[128];

    public RingEntryState State;
}

/// <summary>struct fuse_uring_ent_in_out.</summary>
internal struct RingEntryState
{
    public ulong Flags;

    /// <summary>Names the request when its answer is given.</summary>
    public ulong CommitId;

    public uint PayloadSize;
    public uint Padding;
    public ulong Reserved;
}

/// <summary>struct fuse_uring_cmd_req: what is in the submission entry itself.</summary>
internal unsafe struct RingCommandIn
{
    public ulong Flags;
    public ulong CommitId;
    public ushort Queue;
    public fixed byte Padding[6];
}

/// <summary>struct iovec: registered are two, the <see cref="RingHeader"/> and the payload.</summary>
internal struct MemoryRange
{
    public nint Address;
    public nint Length;
}
