using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Bytes: read, write, copy, allocate, seek, sync.
public static unsafe partial class Syscall
{
    private const nuint CloneIoctl = 0x40049409; // FICLONE

    /// <summary>pread(2) until the buffer is full or the file ends.</summary>
    public static Errno PRead(Fd fd, Span<byte> buffer, long offset, out int count)
    {
        count = 0;
        fixed (byte* to = buffer)
        {
            while (count < buffer.Length)
            {
                var n = Native.pread64(fd.Number, to + count, (nuint)(buffer.Length - count), offset + count);
                if (n == 0) break;
                if (n > 0) count += (int)n;
                else if (LastError != Errno.INTR) return LastError;
            }
        }
        return Errno.None;
    }

    /// <summary>pwrite(2) of the whole buffer. On an error <paramref name="count"/> bytes had been written.</summary>
    public static Errno PWrite(Fd fd, ReadOnlySpan<byte> buffer, long offset, out int count)
    {
        count = 0;
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.PWrite, fd.Number) { Data = buffer, Offset = offset }, out var refused)) return refused;
        fixed (byte* from = buffer)
        {
            while (count < buffer.Length)
            {
                var n = Native.pwrite64(fd.Number, from + count, (nuint)(buffer.Length - count), offset + count);
                if (n >= 0) count += (int)n;
                else if (LastError != Errno.INTR) return LastError;
            }
        }
        return Errno.None;
    }

    /// <summary>copy_file_range(2), one call: may copy less than asked; 0 at the end of the source.</summary>
    public static Errno CopyFileRange(Fd from, long fromOffset, Fd to, long toOffset, ulong length, out ulong copied)
    {
        copied = 0;
        if (SyscallSeam.IsWatched
            && SyscallSeam.Refuses(new(SyscallName.CopyFileRange, to.Number) { OtherDescriptor = from.Number, Offset = toOffset, Length = (long)length, Detail = (ulong)fromOffset }, out var refused))
            return refused;
        while (true)
        {
            var n = Native.copy_file_range(from.Number, &fromOffset, to.Number, &toOffset, (nuint)length, 0);
            copied = n > 0 ? (ulong)n : 0;
            if (n >= 0) return Errno.None;
            if (LastError != Errno.INTR) return LastError;
        }
    }

    /// <summary>ioctl FICLONE (ioctl_ficlone(2)): <paramref name="to"/> shares all blocks of <paramref name="from"/>.</summary>
    public static Errno Clone(Fd from, Fd to)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Clone, to.Number) { OtherDescriptor = from.Number }, out var refused)) return refused;
        return Check(Native.ioctl(to.Number, CloneIoctl, from.Number));
    }

    /// <summary>ftruncate(2).</summary>
    public static Errno Truncate(Fd fd, long size)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Truncate, fd.Number) { Offset = size }, out var refused)) return refused;
        while (true)
        {
            var error = Check(Native.ftruncate64(fd.Number, size));
            if (error != Errno.INTR) return error;
        }
    }

    /// <summary>fallocate(2).</summary>
    public static Errno Fallocate(Fd fd, FallocateMode mode, long offset, long length)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.Fallocate, fd.Number) { Offset = offset, Length = length, Detail = (ulong)mode }, out var refused)) return refused;
        while (true)
        {
            var error = Check(Native.fallocate64(fd.Number, (int)mode, offset, length));
            if (error != Errno.INTR) return error;
        }
    }

    /// <summary>lseek(2). NXIO where <see cref="Whence.Data"/> or <see cref="Whence.Hole"/> is asked for from the end on, or there is no more data.</summary>
    public static Errno LSeek(Fd fd, long offset, Whence whence, out long result)
    {
        result = Native.lseek64(fd.Number, offset, (int)whence);
        return Check(result);
    }

    /// <summary>fsync(2).</summary>
    public static Errno FSync(Fd fd)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.FSync, fd.Number), out var refused)) return refused;
        while (true)
        {
            var error = Check(Native.fsync(fd.Number));
            if (error != Errno.INTR) return error;
        }
    }

    /// <summary>fdatasync(2).</summary>
    public static Errno FDataSync(Fd fd)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.FDataSync, fd.Number), out var refused)) return refused;
        while (true)
        {
            var error = Check(Native.fdatasync(fd.Number));
            if (error != Errno.INTR) return error;
        }
    }

    /// <summary>syncfs(2) of the file system that holds <paramref name="fd"/>.</summary>
    public static Errno SyncFs(Fd fd)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.SyncFs, fd.Number), out var refused)) return refused;
        while (true)
        {
            var error = Check(Native.syncfs(fd.Number));
            if (error != Errno.INTR) return error;
        }
    }

    /// <summary>sync_file_range(2) that only begins to write back what is dirty in the file.</summary>
    public static Errno BeginWriteback(Fd fd)
    {
        const uint write = 2; // SYNC_FILE_RANGE_WRITE
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.SyncFileRange, fd.Number) { Detail = write }, out var refused)) return refused;
        return Check(Native.sync_file_range(fd.Number, 0, 0, write));
    }

    /// <summary>sync_file_range(2) that only waits for writes under way and reports their errors; it starts none.</summary>
    public static Errno AwaitWriteback(Fd fd)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.SyncFileRange, fd.Number), out var refused)) return refused;
        return Check(Native.sync_file_range(fd.Number, 0, 0, 1 /* SYNC_FILE_RANGE_WAIT_BEFORE */));
    }

    /// <summary>
    /// sync_file_range(2) that writes back what is dirty in the file and waits for it. The disk may hold the bytes in its cache still, and what leads to them
    /// may be in no journal yet.
    /// </summary>
    public static Errno WriteBack(Fd fd)
    {
        const uint all = 7; // SYNC_FILE_RANGE_WAIT_BEFORE, WRITE, WAIT_AFTER
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.SyncFileRange, fd.Number) { Detail = all }, out var refused)) return refused;
        return Check(Native.sync_file_range(fd.Number, 0, 0, all));
    }

    /// <summary>ioctl(2) with a buffer that is read and written.</summary>
    public static Errno IoControl(Fd fd, uint command, Span<byte> argument)
    {
        fixed (byte* p = argument) return Check(Native.ioctl(fd.Number, command, (nint)p));
    }

    /// <summary>flock(2).</summary>
    public static Errno FLock(Fd fd, LockOperation operation)
    {
        while (true)
        {
            var error = Check(Native.flock(fd.Number, (int)operation));
            if (error != Errno.INTR) return error;
        }
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial nint pread64(int fd, byte* buffer, nuint count, long offset);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint pwrite64(int fd, byte* buffer, nuint count, long offset);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint copy_file_range(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int ioctl(int fd, nuint request, nint argument);

        [LibraryImport(C, SetLastError = true)]
        public static partial int ftruncate64(int fd, long size);

        [LibraryImport(C, SetLastError = true)]
        public static partial int fallocate64(int fd, int mode, long offset, long length);

        [LibraryImport(C, SetLastError = true)]
        public static partial long lseek64(int fd, long offset, int whence);

        [LibraryImport(C, SetLastError = true)]
        public static partial int fsync(int fd);

        [LibraryImport(C, SetLastError = true)]
        public static partial int fdatasync(int fd);

        [LibraryImport(C, SetLastError = true)]
        public static partial int syncfs(int fd);

        [LibraryImport(C, SetLastError = true)]
        public static partial int sync_file_range(int fd, long offset, long length, uint flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int flock(int fd, int operation);
    }
}
