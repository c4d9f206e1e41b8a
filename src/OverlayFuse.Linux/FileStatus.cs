namespace OverlayFuse.Linux;

/// <summary>What statx(2) says of an object; the fields of struct statx that a file system needs.</summary>
public struct FileStatus
{
    public uint Mode;
    public uint LinkCount;
    public uint Uid;
    public uint Gid;
    public ulong Inode;
    public ulong Size;

    /// <summary>Allocated space in units of 512 bytes.</summary>
    public ulong Blocks;

    public uint BlockSize;
    public uint DeviceMajor;
    public uint DeviceMinor;

    /// <summary>The device number of a device node.</summary>
    public uint RdevMajor;

    public uint RdevMinor;
    public Timestamp AccessTime;
    public Timestamp ModifyTime;
    public Timestamp ChangeTime;

    /// <summary>Birth time; zero where the file system keeps none (<see cref="HasBirthTime"/>).</summary>
    public Timestamp BirthTime;

    public bool HasBirthTime;

    /// <summary>True where another mount stands on this object (STATX_ATTR_MOUNT_ROOT).</summary>
    public bool IsMountRoot;

    /// <summary>The mount it lies on (STATX_MNT_ID); 0 where the kernel does not tell (before 5.8).</summary>
    public ulong MountId;

    public readonly FileType Type => (FileType)(Mode & Linux.Mode.TypeMask);

    public readonly bool IsDirectory => Type == FileType.Directory;

    /// <summary>major:minor of the file system, as one number.</summary>
    public readonly ulong Device => ((ulong)DeviceMajor << 32) | DeviceMinor;

    /// <summary>A character device 0:0: the kernel's whiteout.</summary>
    public readonly bool IsWhiteoutDevice => Type == FileType.CharDevice && RdevMajor == 0 && RdevMinor == 0;
}
