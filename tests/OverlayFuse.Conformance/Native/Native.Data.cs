using System.Runtime.InteropServices;

namespace OverlayFuse.Conformance;

// Bytes, mappings, locks, directories.
internal static unsafe partial class Native
{
    [LibraryImport(C, SetLastError = true)]
    public static partial nint read(int fd, byte* buffer, nuint size);

    [LibraryImport(C, SetLastError = true)]
    public static partial nint write(int fd, byte* buffer, nuint size);

    [LibraryImport(C, SetLastError = true)]
    public static partial nint pread64(int fd, byte* buffer, nuint size, long offset);

    [LibraryImport(C, SetLastError = true)]
    public static partial nint pwrite64(int fd, byte* buffer, nuint size, long offset);

    [LibraryImport(C, SetLastError = true)]
    public static partial int ftruncate64(int fd, long size);

    [LibraryImport(C, SetLastError = true)]
    public static partial long lseek64(int fd, long offset, int whence);

    [LibraryImport(C, SetLastError = true)]
    public static partial int fallocate64(int fd, int mode, long offset, long length);

    [LibraryImport(C, SetLastError = true)]
    public static partial nint copy_file_range(int from, long* fromOffset, int to, long* toOffset, nuint size, uint flags);

    [LibraryImport(C, SetLastError = true)]
    public static partial nint sendfile64(int to, int from, long* offset, nuint size);

    [LibraryImport(C, SetLastError = true)]
    public static partial int fsync(int fd);

    [LibraryImport(C, SetLastError = true)]
    public static partial int fdatasync(int fd);

    [LibraryImport(C, SetLastError = true)]
    public static partial int syncfs(int fd);

    [LibraryImport(C, SetLastError = true)]
    public static partial byte* mmap64(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport(C, SetLastError = true)]
    public static partial int munmap(byte* address, nuint length);

    [LibraryImport(C, SetLastError = true)]
    public static partial int msync(byte* address, nuint length, int flags);

    [LibraryImport(C, SetLastError = true)]
    public static partial int flock(int fd, int operation);

    [LibraryImport(C, SetLastError = true)]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport(C, SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, nint argument);

    [LibraryImport(C, SetLastError = true)]
    public static partial int poll(PollEntry* entries, nuint count, int milliseconds);

    /// <summary>struct pollfd.</summary>
    internal struct PollEntry
    {
        public int Fd;
        public short Wanted;
        public short Seen;
    }

    /// <summary>struct flock.</summary>
    internal struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }
}
