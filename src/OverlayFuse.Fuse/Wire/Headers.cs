namespace OverlayFuse.Fuse.Wire;

// Names and order of the fields are those of linux/fuse.h. All numbers are in the machine's byte order.

/// <summary>struct fuse_in_header.</summary>
internal struct InHeader
{
    public uint Length;
    public Opcode Opcode;
    public ulong Unique;
    public NodeId Node;
    public uint Uid;
    public uint Gid;
    public uint Pid;

    /// <summary>Length of the extensions at the end of the request, in units of 8 bytes.</summary>
    public ushort ExtensionLength;

    public ushort Padding;
}

/// <summary>struct fuse_out_header.</summary>
internal struct OutHeader
{
    public uint Length;

    /// <summary>A negative error number, or 0; in a notification (<see cref="Unique"/> 0) its code.</summary>
    public int Error;

    public ulong Unique;
}

/// <summary>struct fuse_ext_header.</summary>
internal struct ExtensionHeader
{
    public const uint Groups = 32; // FUSE_EXT_GROUPS

    public uint Size;
    public uint Type;
}

/// <summary>struct fuse_init_in up to 7.35; the rest is <see cref="InitInRest"/>.</summary>
internal struct InitIn
{
    public uint Major;
    public uint Minor;
    public uint MaxReadAhead;
    public uint Flags;
}

/// <summary>The tail of struct fuse_init_in since 7.36.</summary>
internal unsafe struct InitInRest
{
    public uint Flags2;
    public fixed uint Unused[11];
}

/// <summary>struct fuse_init_out.</summary>
internal unsafe struct InitOut
{
    public uint Major;
    public uint Minor;
    public uint MaxReadAhead;
    public uint Flags;
    public ushort MaxBackground;
    public ushort CongestionThreshold;
    public uint MaxWrite;
    public uint TimeGranularity;
    public ushort MaxPages;
    public ushort MapAlignment;
    public uint Flags2;
    public uint MaxStackDepth;
    public ushort RequestTimeout;
    public fixed ushort Unused[11];
}

/// <summary>struct fuse_forget_one; struct fuse_forget_in is its second half.</summary>
internal struct ForgetOne
{
    public NodeId Node;
    public ulong Count;
}

/// <summary>struct fuse_batch_forget_in.</summary>
internal struct BatchForgetIn
{
    public uint Count;
    public uint Dummy;
}
