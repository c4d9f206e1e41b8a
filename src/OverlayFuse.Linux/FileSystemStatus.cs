namespace OverlayFuse.Linux;

/// <summary>What fstatfs(2) says of a file system. Block counts are in units of <see cref="FragmentSize"/>.</summary>
public struct FileSystemStatus
{
    /// <summary>The type, as statfs(2) lists them (f_type).</summary>
    public uint Magic;

    public uint BlockSize;
    public uint FragmentSize;
    public ulong Blocks;
    public ulong FreeBlocks;

    /// <summary>Blocks free to unprivileged users.</summary>
    public ulong AvailableBlocks;

    public ulong Files;
    public ulong FreeFiles;

    /// <summary>f_fsid: stable across boots on ext4 and btrfs, the device number on xfs.</summary>
    public ulong FileSystemId;

    /// <summary>The longest name, in bytes.</summary>
    public uint NameLength;

    /// <summary>f_flags, as mount(2) takes them: what a remount has to say again, so that it changes nothing else.</summary>
    public MountFlags MountFlags;
}
