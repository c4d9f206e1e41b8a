namespace OverlayFuse.Linux;

/// <summary>The calls that pass the <see cref="SyscallSeam"/>; those on a name and on a descriptor go by one name.</summary>
internal enum SyscallName
{
    Open,
    Mkdir,
    Mknod,
    Symlink,
    Link,
    Unlink,
    Rmdir,
    Rename,
    Chmod,
    Chown,
    Utimens,
    SetXattr,
    RemoveXattr,
    PWrite,
    CopyFileRange,
    Clone,
    Truncate,
    Fallocate,
    FSync,
    FDataSync,
    SyncFs,
    SyncFileRange,
}
