using System.Buffers;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Copies bytes from file to file: shares blocks where the file system can, else copies what is not a hole.</summary>
internal static class DataCopy
{
    private const int ChunkSize = 1 << 20;

    // Up to here, reading and writing costs less than to have the kernel splice pages.
    private const ulong MaxSmall = 64 << 10;

    /// <summary>Copies the first <paramref name="length"/> bytes into a file without any, which then has that size.</summary>
    /// <param name="isNew">Its size is 0. That of a metacopy is not.</param>
    /// <param name="copied">The bytes that were written for it: none where blocks are shared.</param>
    public static Errno Copy(Fd from, Fd to, ulong length, ulong fromSize, bool isNew, out long copied)
    {
        copied = 0;
        if (length == fromSize && Syscall.Clone(from, to) == Errno.None) return Errno.None;

        if (isNew && length <= MaxSmall && Syscall.LSeek(from, 0, Whence.Hole, out var firstHole) == Errno.None && firstHole >= (long)length)
        {
            copied = (long)length;
            return CopyThroughBuffer(from, to, 0, (long)length);
        }
        var error = Syscall.Truncate(to, (long)length);
        long at = 0;
        while (error == Errno.None && at < (long)length)
        {
            var seek = Syscall.LSeek(from, at, Whence.Data, out var data);
            if (seek == Errno.NXIO) break; // a hole to the end
            if (seek != Errno.None) data = at; // no SEEK_DATA here: all is data
            if (data >= (long)length) break;
            if (seek != Errno.None || Syscall.LSeek(from, data, Whence.Hole, out var hole) != Errno.None) hole = (long)length;
            hole = Math.Min(hole, (long)length);
            error = CopyRange(from, to, data, hole);
            copied += hole - data;
            at = hole;
        }
        return error;
    }

    /// <summary>Copies a range over whatever the other file has there: where this one has a hole, that one gets one.</summary>
    public static Errno Overwrite(Fd from, Fd to, long start, long end, out long copied)
    {
        copied = 0;
        var error = Errno.None;
        while (error == Errno.None && start < end)
        {
            var seek = Syscall.LSeek(from, start, Whence.Data, out var data);
            if (seek == Errno.NXIO) data = end;
            else if (seek != Errno.None) data = start;
            if (data > start) error = MakeHole(from, to, start, Math.Min(data, end));
            if (error != Errno.None || data >= end) break;
            if (seek != Errno.None || Syscall.LSeek(from, data, Whence.Hole, out var hole) != Errno.None) hole = end;
            start = Math.Min(hole, end);
            error = CopyRange(from, to, data, start);
            copied += start - data;
        }
        return error;
    }

    // Nothing to do where there is one, as nearly always. What was allocated and not written reads like one, and stays.
    private static Errno MakeHole(Fd from, Fd to, long start, long end)
    {
        var error = Syscall.LSeek(to, start, Whence.Data, out var data);
        if (error == Errno.NXIO || (error == Errno.None && data >= end)) return Errno.None;
        if (error == Errno.None) start = data;
        return Syscall.Fallocate(to, FallocateMode.PunchHole | FallocateMode.KeepSize, start, end - start) == Errno.None ? Errno.None : CopyThroughBuffer(from, to, start, end);
    }

    private static Errno CopyRange(Fd from, Fd to, long start, long end)
    {
        while (start < end)
        {
            var error = Syscall.CopyFileRange(from, start, to, start, (ulong)(end - start), out var copied);
            if (error is Errno.XDEV or Errno.NOSYS or Errno.NOTSUP or Errno.INVAL or Errno.PERM) return CopyThroughBuffer(from, to, start, end);
            if (error != Errno.None) return error;
            if (copied == 0) return CopyThroughBuffer(from, to, start, end); // some file systems say 0 for "cannot"
            start += (long)copied;
        }
        return Errno.None;
    }

    private static Errno CopyThroughBuffer(Fd from, Fd to, long start, long end)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkSize, end - start));
        var error = Errno.None;
        while (error == Errno.None && start < end)
        {
            error = Syscall.PRead(from, buffer.AsSpan(0, (int)Math.Min(ChunkSize, end - start)), start, out var count);
            if (error == Errno.None && count == 0) error = Errno.IO; // the lower file is shorter than it said
            if (error == Errno.None) error = Syscall.PWrite(to, buffer.AsSpan(0, count), start, out _);
            start += count;
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return error;
    }
}
