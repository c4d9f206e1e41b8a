using System.Runtime.InteropServices;

namespace OverlayFuse.Fuse;

/// <summary>struct fuse_attr (linux/fuse.h), 88 bytes, as it travels.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Attributes
{
    public ulong Inode;
    public ulong Size;

    /// <summary>Allocated space in units of 512 bytes.</summary>
    public ulong Blocks;

    public long AccessSeconds;
    public long ModifySeconds;
    public long ChangeSeconds;
    public uint AccessNanoseconds;
    public uint ModifyNanoseconds;
    public uint ChangeNanoseconds;

    /// <summary>Type and permissions.</summary>
    public uint Mode;

    public uint LinkCount;
    public uint Uid;
    public uint Gid;

    /// <summary>The kernel's 32-bit device number: see <see cref="DeviceNumber"/>.</summary>
    public uint Rdev;

    public uint BlockSize;
    public uint Flags;
}
