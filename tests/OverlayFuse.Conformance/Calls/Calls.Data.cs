using System.Text;

namespace OverlayFuse.Conformance;

// Bytes, mappings, locks.
internal static unsafe partial class Calls
{
    public static Result Read(int fd, byte[] buffer)
    {
        fixed (byte* to = buffer) return Result.Of("read", Native.read(fd, to, (nuint)buffer.Length));
    }

    public static Result Write(int fd, byte[] data)
    {
        fixed (byte* from = data) return Result.Of($"write({data.Length} bytes)", Native.write(fd, from, (nuint)data.Length));
    }

    public static Result Write(int fd, string text) => Write(fd, Encoding.UTF8.GetBytes(text));

    public static Result PRead(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* to = buffer) return Result.Of($"pread({offset})", Native.pread64(fd, to, (nuint)buffer.Length, offset));
    }

    public static Result PWrite(int fd, string text, long offset)
    {
        fixed (byte* from = Encoding.UTF8.GetBytes(text)) return Result.Of($"pwrite({text}, {offset})", Native.pwrite64(fd, from, (nuint)text.Length, offset));
    }

    public static Result PWrite(int fd, ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* from = data) return Result.Of($"pwrite({data.Length} bytes, {offset})", Native.pwrite64(fd, from, (nuint)data.Length, offset));
    }

    /// <summary>Up to so many bytes at an offset, as text.</summary>
    public static string TextAt(int fd, long offset, int size = 4096)
    {
        var buffer = new byte[size];
        var result = PRead(fd, buffer, offset);
        result.Is(None);
        return Encoding.Latin1.GetString(buffer, 0, (int)result.Value);
    }

    /// <summary>The content of a short file.</summary>
    public static string TextOf(string path)
    {
        var fd = Open(path, O_RDONLY).Ok();
        var text = TextAt(fd, 0);
        Close(fd).Ok();
        return text;
    }

    /// <summary>Makes a file, or its content anew.</summary>
    public static void WriteFile(string path, string text, int mode = 644)
    {
        var fd = Open(path, O_WRONLY | O_CREAT | O_TRUNC, mode).Ok();
        Write(fd, text).Gives(text.Length);
        Close(fd).Ok();
    }

    /// <summary>Makes an empty file.</summary>
    public static void Create(string path, int mode = 644) => Close(Open(path, O_WRONLY | O_CREAT | O_EXCL, mode).Ok()).Ok();

    public static Result FTruncate(int fd, long size) => Result.Of($"ftruncate({size})", Native.ftruncate64(fd, size));

    public static Result LSeek(int fd, long offset, int whence) => Result.Of($"lseek({offset}, {whence})", Native.lseek64(fd, offset, whence));

    public static Result Fallocate(int fd, int mode, long offset, long length) =>
        Result.Of($"fallocate({mode:x}, {offset}, {length})", Native.fallocate64(fd, mode, offset, length));

    public static Result CopyFileRange(int from, long fromOffset, int to, long toOffset, long length, uint flags = 0) =>
        Result.Of($"copy_file_range({fromOffset}, {toOffset}, {length})", Native.copy_file_range(from, &fromOffset, to, &toOffset, (nuint)length, flags));

    public static Result SendFile(int to, int from, long offset, long length) => Result.Of("sendfile", Native.sendfile64(to, from, &offset, (nuint)length));

    public static Result FSync(int fd) => Result.Of("fsync", Native.fsync(fd));

    public static Result FDataSync(int fd) => Result.Of("fdatasync", Native.fdatasync(fd));

    public static Result SyncFs(int fd) => Result.Of("syncfs", Native.syncfs(fd));

    public static Result FLock(int fd, int operation) => Result.Of($"flock({operation})", Native.flock(fd, operation));

    public static Result Fcntl(int fd, int command, long argument = 0) => Result.Of($"fcntl({command}, {argument})", Native.fcntl(fd, command, (nint)argument));

    public static Result Lock(int fd, int command, short type, long start = 0, long length = 0, int whence = SEEK_SET)
    {
        var request = new Native.FileLock { Type = type, Whence = (short)whence, Start = start, Length = length };
        return Result.Of($"fcntl({command}, lock type {type} at {start}+{length})", Native.fcntl(fd, command, (nint)(&request)));
    }

    /// <summary>F_GETLK: the type of a lock in the way, or F_UNLCK.</summary>
    public static short LockInTheWay(int fd, int command, short type, long start = 0, long length = 0)
    {
        var request = new Native.FileLock { Type = type, Start = start, Length = length };
        Result.Of($"fcntl({command})", Native.fcntl(fd, command, (nint)(&request))).Ok();
        return request.Type;
    }

    public static Result IoControl(int fd, uint command, Span<byte> argument)
    {
        fixed (byte* p = argument) return Result.Of($"ioctl(0x{command:x})", Native.ioctl(fd, command, (nint)p));
    }

    /// <summary>mmap(2), to be used and undone within the block.</summary>
    public static Result TryMap(int fd, int protection, int flags, long length, out Mapping mapping, long offset = 0)
    {
        var address = Native.mmap64(0, (nuint)length, protection, flags, fd, offset);
        mapping = new Mapping(address, (nuint)length);
        return Result.Of($"mmap({protection}, {flags}, {length})", (nint)address == -1 ? -1 : 0);
    }

    public static Mapping Map(int fd, int protection, int flags = MAP_SHARED, long length = 4096)
    {
        TryMap(fd, protection, flags, length, out var mapping).Ok();
        return mapping;
    }

    /// <summary>poll(2) of one descriptor: what is there after so long.</summary>
    public static short Poll(int fd, short wanted, int milliseconds)
    {
        var entry = new Native.PollEntry { Fd = fd, Wanted = wanted };
        Result.Of("poll", Native.poll(&entry, 1, milliseconds)).Is(None);
        return entry.Seen;
    }
}
