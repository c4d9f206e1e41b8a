using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Attributes: statx, chmod, chown, times, statfs.
public static unsafe partial class Syscall
{
    private const int AtEaccess = 0x200;
    private const int AtStatxDontSync = 0x4000;
    private const uint StatxWanted = 0x7ff | StatxBirth | 0x1000; // basic fields, birth time, mount
    private const uint StatxBirth = 0x800;
    private const ulong StatxAttributeMountRoot = 0x2000;

    /// <summary>
    /// statx(2) of a name, links not followed. With <paramref name="cached"/> (AT_STATX_DONT_SYNC) no request goes to a server
    /// that already told: a daemon may then look even at its own mount without waiting for itself.
    /// </summary>
    public static Errno StatAt(DirFd dir, ReadOnlySpan<byte> name, bool cached, out FileStatus status)
    {
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Statx(dir.Number, path, AtSymlinkNoFollow | AtNoAutomount | AtEmptyPath | (cached ? AtStatxDontSync : 0), out status);
    }

    /// <summary>statx(2) of an open descriptor.</summary>
    public static Errno Stat(Fd fd, out FileStatus status)
    {
        byte empty = 0;
        return Statx(fd.Number, &empty, AtEmptyPath, out status);
    }

    /// <summary>statx(2) of a path as a person wrote it, links followed.</summary>
    public static Errno Stat(string path, out FileStatus status)
    {
        fixed (byte* p = Terminated.Copy(System.Text.Encoding.UTF8.GetBytes(path), stackalloc byte[Terminated.StackSize]))
            return Statx(DirFd.Cwd.Number, p, 0, out status);
    }

    /// <summary>faccessat(2) with the effective ids: may we read, or write, and search here? ROFS on a read-only file system.</summary>
    public static Errno AccessAt(DirFd dir, ReadOnlySpan<byte> name, bool write)
    {
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Check(Native.faccessat(dir.Number, path, (write ? 2 : 4) | 1, AtEaccess));
    }

    /// <summary>fchmod(2), by way of /proc for descriptors opened with O_PATH.</summary>
    public static Errno Chmod(Fd fd, uint mode)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Chmod, fd.Number) { Detail = mode }, out var refused)) return refused;
        Span<byte> proc = stackalloc byte[ProcPath.Size];
        fixed (byte* path = ProcPath.Of(fd, proc)) return Check(Native.fchmodat(DirFd.Cwd.Number, path, mode, 0));
    }

    /// <summary>fchmodat(2). Follows links, so the caller must know that the name is not a link (links have no mode of their own).</summary>
    public static Errno ChmodAt(DirFd dir, ReadOnlySpan<byte> name, uint mode)
    {
        if (name.IsEmpty) return Chmod(dir.Fd, mode);
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Chmod, dir.Number, name) { Detail = mode }, out var refused)) return refused;
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Check(Native.fchmodat(dir.Number, path, mode, 0));
    }

    /// <summary>fchmodat(2), links not followed: for a place where somebody else may put one. NOTSUP: it is one.</summary>
    public static Errno ChmodItselfAt(DirFd dir, ReadOnlySpan<byte> name, uint mode)
    {
        var error = OpenAt(dir, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out var itself);
        if (error == Errno.None) error = Chmod(itself, mode);
        itself.Close();
        return error;
    }

    /// <summary>chmod(2) of a path as a person wrote it, links followed.</summary>
    public static Errno Chmod(string path, uint mode) => ChmodAt(DirFd.Cwd, System.Text.Encoding.UTF8.GetBytes(path), mode);

    /// <summary>fchownat(2), links not followed; <see cref="uint.MaxValue"/> leaves an id as it is.</summary>
    public static Errno ChownAt(DirFd dir, ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Chown, dir.Number, name) { Detail = ((ulong)uid << 32) | gid }, out var refused)) return refused;
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Check(Native.fchownat(dir.Number, path, uid, gid, AtSymlinkNoFollow | AtEmptyPath));
    }

    /// <summary>fchown(2), descriptors opened with O_PATH too.</summary>
    public static Errno Chown(Fd fd, uint uid, uint gid)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Chown, fd.Number) { Detail = ((ulong)uid << 32) | gid }, out var refused)) return refused;
        byte empty = 0;
        return Check(Native.fchownat(fd.Number, &empty, uid, gid, AtEmptyPath));
    }

    /// <summary>utimensat(2), links not followed. <see cref="Timestamp.Now"/> and <see cref="Timestamp.Omit"/> as there.</summary>
    public static Errno UtimensAt(DirFd dir, ReadOnlySpan<byte> name, Timestamp access, Timestamp modify)
    {
        if (name.IsEmpty) return Utimens(dir.Fd, access, modify);
        var times = stackalloc long[4] { access.Seconds, access.Nanoseconds, modify.Seconds, modify.Nanoseconds };
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Utimens, dir.Number, name) { Data = new(times, 4 * sizeof(long)) }, out var refused)) return refused;
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Check(Native.utimensat(dir.Number, path, times, AtSymlinkNoFollow));
    }

    /// <summary>futimens(2), by way of /proc for descriptors opened with O_PATH.</summary>
    public static Errno Utimens(Fd fd, Timestamp access, Timestamp modify)
    {
        var times = stackalloc long[4] { access.Seconds, access.Nanoseconds, modify.Seconds, modify.Nanoseconds };
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Utimens, fd.Number) { Data = new(times, 4 * sizeof(long)) }, out var refused)) return refused;
        var error = Check(Native.futimens(fd.Number, times));
        if (error != Errno.BADF) return error;
        Span<byte> proc = stackalloc byte[ProcPath.Size];
        fixed (byte* path = ProcPath.Of(fd, proc)) return Check(Native.utimensat(DirFd.Cwd.Number, path, times, 0));
    }

    /// <summary>fstatfs(2).</summary>
    public static Errno StatFs(Fd fd, out FileSystemStatus status)
    {
        var raw = stackalloc ulong[16];
        Errno error;
        do error = Check(Native.fstatfs64(fd.Number, raw));
        while (error == Errno.INTR);
        status = error != Errno.None ? default : new FileSystemStatus
        {
            Magic = (uint)raw[0],
            BlockSize = (uint)raw[1],
            Blocks = raw[2],
            FreeBlocks = raw[3],
            AvailableBlocks = raw[4],
            Files = raw[5],
            FreeFiles = raw[6],
            FileSystemId = raw[7],
            NameLength = (uint)raw[8],
            FragmentSize = (uint)raw[9],
            MountFlags = MountFlagsOf(raw[10]),
        };
        return error;
    }

    // ST_RELATIME has another value than MS_RELATIME; no word about access times is MS_STRICTATIME.
    private static MountFlags MountFlagsOf(ulong shown)
    {
        const ulong ShownRelAtime = 1 << 12;
        var flags = (MountFlags)shown & (MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec | MountFlags.NoAtime | MountFlags.NoDirAtime);
        if ((shown & ShownRelAtime) != 0) return flags | MountFlags.RelAtime;
        return (flags & MountFlags.NoAtime) != 0 ? flags : flags | MountFlags.StrictAtime;
    }

    private static Errno Statx(int dir, byte* path, int flags, out FileStatus status)
    {
        var raw = stackalloc byte[256]; // struct statx (linux/stat.h); the offsets below are those of its fields
        var error = Check(Native.statx(dir, path, flags, StatxWanted, raw));
        if (error != Errno.None)
        {
            status = default;
            return error;
        }

        status = new FileStatus
        {
            BlockSize = *(uint*)(raw + 4),
            IsMountRoot = (*(ulong*)(raw + 8) & StatxAttributeMountRoot) != 0,
            LinkCount = *(uint*)(raw + 16),
            Uid = *(uint*)(raw + 20),
            Gid = *(uint*)(raw + 24),
            Mode = *(ushort*)(raw + 28),
            Inode = *(ulong*)(raw + 32),
            Size = *(ulong*)(raw + 40),
            Blocks = *(ulong*)(raw + 48),
            AccessTime = new Timestamp(*(long*)(raw + 64), *(uint*)(raw + 72)),
            BirthTime = new Timestamp(*(long*)(raw + 80), *(uint*)(raw + 88)),
            ChangeTime = new Timestamp(*(long*)(raw + 96), *(uint*)(raw + 104)),
            ModifyTime = new Timestamp(*(long*)(raw + 112), *(uint*)(raw + 120)),
            RdevMajor = *(uint*)(raw + 128),
            RdevMinor = *(uint*)(raw + 132),
            DeviceMajor = *(uint*)(raw + 136),
            DeviceMinor = *(uint*)(raw + 140),
            MountId = *(ulong*)(raw + 144),
            HasBirthTime = (*(uint*)raw & StatxBirth) != 0,
        };
        return Errno.None;
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial int statx(int dir, byte* path, int flags, uint mask, byte* status);

        [LibraryImport(C, SetLastError = true)]
        public static partial int faccessat(int dir, byte* path, int mode, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int fchmodat(int dir, byte* path, uint mode, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int fchownat(int dir, byte* path, uint uid, uint gid, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int futimens(int fd, long* times);

        [LibraryImport(C, SetLastError = true)]
        public static partial int utimensat(int dir, byte* path, long* times, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int fstatfs64(int fd, ulong* status);
    }
}
