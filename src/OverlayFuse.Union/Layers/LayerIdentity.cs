using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// What makes a layer the same layer at the next mount: its file system and the handle of its root, else its path. The bytes are those of
/// `overlayfuse/layers` (README.md, "On disk").
/// </summary>
internal static class LayerIdentity
{
    private const byte ByUuid = (byte)'u', ById = (byte)'h', ByPath = (byte)'p';

    /// <param name="root">The layer's root.</param>
    /// <param name="path">As it was given.</param>
    /// <param name="realPath">Without links and all else that the same directory may be written with.</param>
    /// <param name="status">Of the root.</param>
    /// <param name="fileSystem">That the root is on.</param>
    /// <param name="former">
    /// What an earlier version of this program knew it by, and wrote down; empty where that is the same. It may be another layer's by now.
    /// </param>
    public static byte[] Of(DirFd root, byte[] path, byte[] realPath, in FileStatus status, in FileSystemStatus fileSystem, out byte[] former)
    {
        former = [];
        Span<byte> handle = stackalloc byte[Syscall.MaxHandleLength];
        if (fileSystem.FileSystemId == 0 || Syscall.NameToHandleAt(root, [], handle, out var type, out var length) != Errno.None) return OfPath(path);

        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(id, fileSystem.FileSystemId);
        var byId = Format(ById, id[..8], type, handle[..length]);
        if (!IsDeviceNumber(fileSystem.FileSystemId, status)) return byId;
        former = byId;
        return ReadUuid(root, id) ? Format(ByUuid, id, type, handle[..length]) : OfPath(realPath);
    }

    public static byte[] OfPath(byte[] path) => [ByPath, .. path];

    /// <summary>
    /// Whether the id of a file system is but the number of its device, as the kernel encodes it: on XFS, squashfs, vfat and others. The next boot, or the next
    /// loop device, has another one.
    /// </summary>
    internal static bool IsDeviceNumber(ulong fileSystemId, in FileStatus status) =>
        fileSystemId == ((status.DeviceMinor & 0xffu) | (status.DeviceMajor << 8) | ((status.DeviceMinor & ~0xffu) << 12));

    /// <summary>Whether an identity from the table is of a kind that stays when the device has another number.</summary>
    public static bool IsLasting(ReadOnlySpan<byte> identity) => identity is [ByUuid or ByPath, ..];

    private static byte[] Format(byte kind, ReadOnlySpan<byte> fileSystem, int type, ReadOnlySpan<byte> handle)
    {
        var identity = new byte[1 + fileSystem.Length + sizeof(int) + handle.Length];
        identity[0] = kind;
        fileSystem.CopyTo(identity.AsSpan(1));
        BinaryPrimitives.WriteInt32LittleEndian(identity.AsSpan(1 + fileSystem.Length), type);
        handle.CopyTo(identity.AsSpan(1 + fileSystem.Length + sizeof(int)));
        return identity;
    }

    private static bool ReadUuid(DirFd root, Span<byte> uuid)
    {
        if (Syscall.OpenAt(root, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd) != Errno.None) return false;
        var error = Syscall.GetFileSystemUuid(fd, uuid);
        fd.Close();
        return error == Errno.None && uuid.IndexOfAnyExcept((byte)0) >= 0;
    }
}
