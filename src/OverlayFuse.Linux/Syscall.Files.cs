using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Names: open, make, remove, rename, link.
public static unsafe partial class Syscall
{
    private const int AtSymlinkNoFollow = 0x100;
    private const int AtRemoveDir = 0x200;
    private const int AtSymlinkFollow = 0x400;
    private const int AtNoAutomount = 0x800;
    private const int AtEmptyPath = 0x1000;

    /// <summary>close(2).</summary>
    public static Errno Close(Fd fd) => Check(Native.close(fd.Number));

    /// <summary>openat(2) with O_CLOEXEC.</summary>
    public static Errno OpenAt(DirFd dir, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out Fd fd)
    {
        fd = Fd.None;
        if (name.IsEmpty) return Reopen(dir.Fd, flags & ~OpenFlags.NoFollow, out fd);
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Open, dir.Number, name) { Detail = (ulong)flags, Length = mode }, out var refused)) return refused;
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
        {
            while (true)
            {
                var number = Native.openat(dir.Number, path, OpenFlagNumbers.Of(flags | OpenFlags.CloseOnExec), mode);
                fd = new Fd(number);
                if (number >= 0) return Errno.None;
                if (LastError != Errno.INTR) return LastError;
            }
        }
    }

    /// <summary>openat(2) of a path given as text, for the command line and for the system's own files.</summary>
    public static Errno Open(string path, OpenFlags flags, out Fd fd) =>
        OpenAt(DirFd.Cwd, System.Text.Encoding.UTF8.GetBytes(path), flags, 0, out fd);

    /// <summary>openat(2) of what is open by its path only, by way of /proc/self/fd: unlike "." of a directory it needs no right to search it.</summary>
    public static Errno Reopen(Fd fd, OpenFlags flags, out Fd reopened)
    {
        Span<byte> path = stackalloc byte[ProcPath.Size];
        path = ProcPath.Of(fd, path);
        return OpenAt(DirFd.Cwd, path[..path.IndexOf((byte)0)], flags, 0, out reopened);
    }

    /// <summary>
    /// openat2(2) with O_CLOEXEC: resolves <paramref name="path"/> under the restrictions of <paramref name="resolve"/>.
    /// XDEV: left the directory or its mount; LOOP: met a link that is not allowed. Kernels before 5.6: NOSYS.
    /// </summary>
    public static Errno OpenAt2(DirFd dir, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, ResolveFlags resolve, out Fd fd)
    {
        fd = Fd.None;
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Open, dir.Number, path) { Detail = (ulong)flags, Length = mode }, out var refused)) return refused;
        var how = stackalloc ulong[3] { (uint)OpenFlagNumbers.Of(flags | OpenFlags.CloseOnExec), mode, (ulong)resolve };
        fixed (byte* p = Terminated.Copy(path, stackalloc byte[Terminated.StackSize]))
        {
            while (true)
            {
                var number = Native.syscall(Number.OpenAt2, dir.Number, (nint)p, (nint)how, 24, 0);
                fd = new Fd((int)number);
                if (number >= 0) return Errno.None;

                // AGAIN: a rename or mount raced with a restricted walk (openat2(2)).
                if (LastError is not (Errno.INTR or Errno.AGAIN)) return LastError;
            }
        }
    }

    /// <summary>dup(2) with O_CLOEXEC.</summary>
    public static Errno Duplicate(Fd fd, out Fd copy)
    {
        var number = Native.fcntl(fd.Number, DuplicateCloseOnExec, 3);
        copy = new Fd(number);
        return Check(number);
    }

    /// <summary>mkdirat(2).</summary>
    public static Errno MkdirAt(DirFd dir, ReadOnlySpan<byte> name, uint mode)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Mkdir, dir.Number, name) { Detail = mode }, out var refused)) return refused;
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Check(Native.mkdirat(dir.Number, path, mode));
    }

    /// <summary>mknodat(2): <paramref name="mode"/> holds type and permissions.</summary>
    public static Errno MknodAt(DirFd dir, ReadOnlySpan<byte> name, uint mode, uint major, uint minor)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Mknod, dir.Number, name) { Detail = mode, Offset = (long)DeviceNumber(major, minor) }, out var refused)) return refused;
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Check(Native.mknodat(dir.Number, path, mode, DeviceNumber(major, minor)));
    }

    /// <summary>symlinkat(2).</summary>
    public static Errno SymlinkAt(ReadOnlySpan<byte> target, DirFd dir, ReadOnlySpan<byte> name)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Symlink, dir.Number, name) { Data = target }, out var refused)) return refused;
        fixed (byte* to = Terminated.Copy(target, stackalloc byte[Terminated.StackSize]))
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Check(Native.symlinkat(to, dir.Number, path));
    }

    /// <summary>linkat(2): a second name for an object; a symbolic link itself is linked, not its target.</summary>
    public static Errno LinkAt(DirFd oldDir, ReadOnlySpan<byte> oldName, DirFd newDir, ReadOnlySpan<byte> newName)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Link, oldDir.Number, oldName) { OtherDescriptor = newDir.Number, OtherName = newName }, out var refused)) return refused;
        fixed (byte* from = Terminated.Copy(oldName, stackalloc byte[Terminated.StackSize]))
        fixed (byte* to = Terminated.Copy(newName, stackalloc byte[Terminated.StackSize]))
            return Check(Native.linkat(oldDir.Number, from, newDir.Number, to, 0));
    }

    /// <summary>linkat(2) of an open file, an O_TMPFILE one among them, by way of /proc/self/fd: needs no privilege.</summary>
    public static Errno LinkFd(Fd file, DirFd newDir, ReadOnlySpan<byte> newName)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Link, file.Number) { OtherDescriptor = newDir.Number, OtherName = newName }, out var refused)) return refused;
        Span<byte> proc = stackalloc byte[ProcPath.Size];
        fixed (byte* from = ProcPath.Of(file, proc))
        fixed (byte* to = Terminated.Copy(newName, stackalloc byte[Terminated.StackSize]))
            return Check(Native.linkat(DirFd.Cwd.Number, from, newDir.Number, to, AtSymlinkFollow));
    }

    /// <summary>unlinkat(2) of anything but a directory.</summary>
    public static Errno UnlinkAt(DirFd dir, ReadOnlySpan<byte> name) => Remove(dir, name, 0);

    /// <summary>unlinkat(2) of an empty directory.</summary>
    public static Errno RmdirAt(DirFd dir, ReadOnlySpan<byte> name) => Remove(dir, name, AtRemoveDir);

    /// <summary>renameat2(2): moves <paramref name="oldName"/> to <paramref name="newName"/>, names relative to open directories.</summary>
    /// <returns><see cref="Errno.None"/>; EXIST with NOREPLACE; XDEV across mounts; INVAL where the file system lacks a flag.</returns>
    public static Errno RenameAt2(DirFd oldDir, ReadOnlySpan<byte> oldName, DirFd newDir, ReadOnlySpan<byte> newName, RenameFlags flags)
    {
        if (SyscallSeam.IsWatched
            && SyscallSeam.Refuses(new(SyscallName.Rename, oldDir.Number, oldName) { OtherDescriptor = newDir.Number, OtherName = newName, Detail = (ulong)flags }, out var refused))
            return refused;
        fixed (byte* from = Terminated.Copy(oldName, stackalloc byte[Terminated.StackSize]))
        fixed (byte* to = Terminated.Copy(newName, stackalloc byte[Terminated.StackSize]))
            return Check(Native.renameat2(oldDir.Number, from, newDir.Number, to, (uint)flags));
    }

    /// <summary>readlinkat(2). <paramref name="length"/> equal to the buffer's may mean a longer target: give PATH_MAX bytes.</summary>
    public static Errno ReadLinkAt(DirFd dir, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
        fixed (byte* to = buffer)
        {
            length = (int)Native.readlinkat(dir.Number, path, to, (nuint)buffer.Length);
            return Check(length);
        }
    }

    /// <summary>Where an open file is, as the kernel knows it: the absolute path without links (/proc/self/fd/N). Allocates.</summary>
    /// <param name="path">Of a file that has no name any more, or none that is seen from here, what the kernel says in its place; empty on an error.</param>
    public static Errno PathOf(Fd fd, out byte[] path)
    {
        Span<byte> link = stackalloc byte[ProcPath.Size], target = stackalloc byte[4096];
        fixed (byte* from = ProcPath.Of(fd, link))
        fixed (byte* to = target)
        {
            var length = (int)Native.readlinkat(DirFd.Cwd.Number, from, to, (nuint)target.Length);
            path = length < 0 ? [] : target[..length].ToArray();
            return Check(length);
        }
    }

    /// <summary>getdents64(2): as many whole entries as fit; 0 bytes at the end. Read them with <see cref="DirectoryEntries"/>.</summary>
    public static Errno GetDents(Fd dir, Span<byte> buffer, out int length)
    {
        fixed (byte* to = buffer)
        {
            length = (int)Native.syscall(Number.GetDents64, dir.Number, (nint)to, buffer.Length, 0, 0);
            return Check(length);
        }
    }

    private static Errno Remove(DirFd dir, ReadOnlySpan<byte> name, int flags)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(flags == 0 ? SyscallName.Unlink : SyscallName.Rmdir, dir.Number, name), out var refused)) return refused;
        fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
            return Check(Native.unlinkat(dir.Number, path, flags));
    }

    /// <summary>The dev_t of glibc (gnu_dev_makedev(3)).</summary>
    private static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);

    /// <summary>Call numbers that x86-64 and the generic table (arm64, riscv) give differently, or that libc has no function for.</summary>
    private static class Number
    {
        public static readonly nint GetDents64 = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 217 : 61;
        public const nint IoUringSetup = 425;
        public const nint IoUringEnter = 426;
        public const nint OpenTree = 428;
        public const nint MoveMount = 429;
        public const nint OpenAt2 = 437;
        public const nint MountSetAttr = 442;
        public const nint SetXattrAt = 463;
        public const nint GetXattrAt = 464;
        public const nint ListXattrAt = 465;
        public const nint RemoveXattrAt = 466;
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial int close(int fd);

        [LibraryImport(C, SetLastError = true)]
        public static partial int openat(int dir, byte* path, int flags, uint mode);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e);

        [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
        public static partial nint syscall6(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

        [LibraryImport(C, SetLastError = true)]
        public static partial int fcntl(int fd, int command, nint argument);

        [LibraryImport(C, SetLastError = true)]
        public static partial int mkdirat(int dir, byte* path, uint mode);

        [LibraryImport(C, SetLastError = true)]
        public static partial int mknodat(int dir, byte* path, uint mode, ulong device);

        [LibraryImport(C, SetLastError = true)]
        public static partial int symlinkat(byte* target, int dir, byte* path);

        [LibraryImport(C, SetLastError = true)]
        public static partial int linkat(int oldDir, byte* oldPath, int newDir, byte* newPath, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int unlinkat(int dir, byte* path, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int renameat2(int oldDir, byte* oldPath, int newDir, byte* newPath, uint flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint readlinkat(int dir, byte* path, byte* buffer, nuint size);
    }
}
