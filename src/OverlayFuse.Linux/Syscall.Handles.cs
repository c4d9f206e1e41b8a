using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// What identifies an object beyond its name: file handles, the uuid of a file system.
public static unsafe partial class Syscall
{
    /// <summary>The longest file handle (MAX_HANDLE_SZ).</summary>
    public const int MaxHandleLength = 128;

    private const uint GetFileSystemUuidIoctl = 0x80111500; // FS_IOC_GETFSUUID
    private const uint XfsGeometryIoctl = 0x80705864; // XFS_IOC_FSGEOMETRY_V1, of struct xfs_fsop_geom_v1 (xfs_fs.h)

    /// <summary>
    /// name_to_handle_at(2), links not followed; an empty name is the directory itself. NOTSUP where the file system has no handles,
    /// OVERFLOW where <paramref name="handle"/> is too short.
    /// </summary>
    public static Errno NameToHandleAt(DirFd dir, ReadOnlySpan<byte> name, Span<byte> handle, out int type, out int length)
    {
        var raw = stackalloc byte[8 + MaxHandleLength]; // struct file_handle: handle_bytes, handle_type, f_handle
        *(uint*)raw = (uint)Math.Min(handle.Length, MaxHandleLength);
        int mountId;
        Errno error;
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            error = Check(Native.name_to_handle_at(dir.Number, path, raw, &mountId, name.IsEmpty ? AtEmptyPath : 0));

        (type, length) = error == Errno.None ? (*(int*)(raw + 4), *(int*)raw) : (0, 0);
        new ReadOnlySpan<byte>(raw + 8, length).CopyTo(handle);
        return error;
    }

    /// <summary>
    /// ioctl FS_IOC_GETFSUUID (kernel 6.9) on a readable descriptor, on XFS also of earlier kernels: 16 bytes. NOTTY where the file system has none or the
    /// kernel cannot tell.
    /// </summary>
    public static Errno GetFileSystemUuid(Fd fd, Span<byte> uuid)
    {
        Span<byte> raw = stackalloc byte[17]; // struct fsuuid2: length, uuid
        raw.Clear();
        var error = IoControl(fd, GetFileSystemUuidIoctl, raw);
        if (error == Errno.NOTTY) return GetXfsUuid(fd, uuid);
        if (error != Errno.None) return error;

        uuid[..16].Clear();
        raw.Slice(1, Math.Min(raw[0], (byte)16)).CopyTo(uuid);
        return Errno.None;
    }

    /// <summary>ioctl XFS_IOC_FSGEOMETRY_V1; NOTTY on any other file system.</summary>
    internal static Errno GetXfsUuid(Fd fd, Span<byte> uuid)
    {
        const int uuidAt = 64;
        Span<byte> geometry = stackalloc byte[112];
        var error = IoControl(fd, XfsGeometryIoctl, geometry);
        if (error == Errno.None) geometry.Slice(uuidAt, 16).CopyTo(uuid);
        return error;
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial int name_to_handle_at(int dir, byte* path, byte* handle, int* mountId, int flags);
    }
}
