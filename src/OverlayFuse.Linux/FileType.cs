namespace OverlayFuse.Linux;

/// <summary>The type bits of st_mode (inode(7)).</summary>
public enum FileType : ushort
{
    None = 0,
    Fifo = 0x1000,
    CharDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    Symlink = 0xA000,
    Socket = 0xC000,
}
