using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Wire;

/// <summary>struct fuse_getattr_in.</summary>
internal struct GetAttrIn
{
    public const uint HasHandle = 1; // FUSE_GETATTR_FH

    public uint Flags;
    public uint Dummy;
    public ulong Handle;
}

/// <summary>struct fuse_attr_out.</summary>
internal struct AttrOut
{
    public ulong Seconds;
    public uint Nanoseconds;
    public uint Dummy;
    public Attributes Attributes;
}

/// <summary>struct fuse_setattr_in.</summary>
internal struct SetAttrIn
{
    public SetAttributesMask Valid;
    public uint Padding;
    public ulong Handle;
    public ulong Size;
    public ulong LockOwner;
    public long AccessSeconds;
    public long ModifySeconds;
    public long ChangeSeconds;
    public uint AccessNanoseconds;
    public uint ModifyNanoseconds;
    public uint ChangeNanoseconds;
    public uint Mode;
    public uint Unused4;
    public uint Uid;
    public uint Gid;
    public uint Unused5;
}

/// <summary>struct fuse_statx_in.</summary>
internal struct StatxIn
{
    public uint Flags;
    public uint Reserved;
    public ulong Handle;
    public uint SyncFlags;
    public uint Mask;
}

/// <summary>struct fuse_sx_time.</summary>
internal struct StatxTime
{
    public long Seconds;
    public uint Nanoseconds;
    public int Reserved;

    public static StatxTime From(long seconds, uint nanoseconds) => new() { Seconds = seconds, Nanoseconds = nanoseconds };
}

/// <summary>struct fuse_statx_out with the struct fuse_statx in it.</summary>
internal unsafe struct StatxOut
{
    public const uint BasicStats = 0x7ff; // STATX_BASIC_STATS
    public const uint BirthTimeBit = 0x800; // STATX_BTIME

    public ulong Seconds;
    public uint Nanoseconds;
    public uint Flags;
    public fixed ulong Spare[2];

    public uint Mask;
    public uint BlockSize;
    public ulong StatxAttributes;
    public uint LinkCount;
    public uint Uid;
    public uint Gid;
    public ushort Mode;
    public ushort Spare0;
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AttributesMask;
    public StatxTime AccessTime;
    public StatxTime BirthTime;
    public StatxTime ChangeTime;
    public StatxTime ModifyTime;
    public uint RdevMajor;
    public uint RdevMinor;
    public uint DeviceMajor;
    public uint DeviceMinor;
    public fixed ulong Spare2[14];

    public static StatxOut From(in ExtendedAttributes extended)
    {
        var (seconds, nanoseconds) = Validity.Split(extended.Timeout);
        ref readonly var attributes = ref extended.Attributes;
        var (major, minor) = DeviceNumber.Decode(attributes.Rdev);
        return new StatxOut
        {
            Seconds = seconds,
            Nanoseconds = nanoseconds,
            Mask = BasicStats | (extended.HasBirthTime ? BirthTimeBit : 0),
            BlockSize = attributes.BlockSize,
            LinkCount = attributes.LinkCount,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Mode = (ushort)attributes.Mode,
            Inode = attributes.Inode,
            Size = attributes.Size,
            Blocks = attributes.Blocks,
            AccessTime = StatxTime.From(attributes.AccessSeconds, attributes.AccessNanoseconds),
            ModifyTime = StatxTime.From(attributes.ModifySeconds, attributes.ModifyNanoseconds),
            ChangeTime = StatxTime.From(attributes.ChangeSeconds, attributes.ChangeNanoseconds),
            BirthTime = StatxTime.From(extended.BirthTime.Seconds, extended.BirthTime.Nanoseconds),
            RdevMajor = major,
            RdevMinor = minor,
        };
    }
}

/// <summary>struct fuse_kstatfs.</summary>
internal unsafe struct StatFsOut
{
    public ulong Blocks;
    public ulong FreeBlocks;
    public ulong AvailableBlocks;
    public ulong Files;
    public ulong FreeFiles;
    public uint BlockSize;
    public uint NameLength;
    public uint FragmentSize;
    public uint Padding;
    public fixed uint Spare[6];

    public static StatFsOut From(in FileSystemStatus status) => new()
    {
        Blocks = status.Blocks,
        FreeBlocks = status.FreeBlocks,
        AvailableBlocks = status.AvailableBlocks,
        Files = status.Files,
        FreeFiles = status.FreeFiles,
        BlockSize = status.BlockSize,
        NameLength = status.NameLength,
        FragmentSize = status.FragmentSize,
    };
}

/// <summary>struct fuse_setxattr_in up to 7.32; with SETXATTR_EXT <see cref="SetXattrInRest"/> follows.</summary>
internal struct SetXattrIn
{
    public uint Size;
    public XattrFlags Flags;
}

/// <summary>The tail of struct fuse_setxattr_in with SETXATTR_EXT.</summary>
internal struct SetXattrInRest
{
    public const uint AclKillSetGid = 1; // FUSE_SETXATTR_ACL_KILL_SGID

    public uint Flags;
    public uint Padding;
}

/// <summary>Two 32-bit numbers of which the first counts: fuse_getxattr_in, _out, write_out, poll_out, access_in.</summary>
internal struct OneNumber
{
    public uint Value;
    public uint Padding;
}
