namespace OverlayFuse.Image;

/// <summary>What an entry of an archive is: the type flags of ustar that carry an object.</summary>
public enum TarKind
{
    File,
    HardLink,
    SymbolicLink,
    CharDevice,
    BlockDevice,
    Directory,
    Fifo,
}
