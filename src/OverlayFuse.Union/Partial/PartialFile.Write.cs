using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Changes: bytes first, then the bits that speak of them.
internal sealed partial class PartialFile
{
    /// <summary>pwrite(2). On an error <paramref name="count"/> bytes are written and will stay.</summary>
    public Errno Write(ReadOnlySpan<byte> data, long offset, out int count)
    {
        count = 0;
        if (_failure != Errno.None) return _failure;
        Touch();
        if (IsAllAbove(offset, data.Length)) return Syscall.PWrite(_upper, data, offset, out count); // once there, a block stays
        lock (_change) return WriteAbsent(data, offset, out count);
    }

    /// <summary>fallocate(2) in the modes that leave bytes where they are: allocate, punch, zero. No other ever comes from the kernel (fuse_file_fallocate()).</summary>
    public Errno Allocate(FallocateMode mode, long offset, long length)
    {
        if ((mode & ~(FallocateMode.KeepSize | FallocateMode.PunchHole | FallocateMode.ZeroRange)) != 0) return Errno.NOTSUP;
        if (_failure != Errno.None) return _failure;
        Touch();
        if ((mode & (FallocateMode.PunchHole | FallocateMode.ZeroRange)) == 0 || IsAllAbove(offset, length)) return Syscall.Fallocate(_upper, mode, offset, length);
        lock (_change)
        {
            var end = Math.Min(length, _map.Limit - offset) + offset;
            if (end <= offset) return Syscall.Fallocate(_upper, mode, offset, length);
            var error = FillAround(offset, end);
            if (error == Errno.None) error = Syscall.Fallocate(_upper, mode, offset, length);
            return error == Errno.None ? _map.SetPresent(Layout.BlockOf(offset), Layout.BlockOf(end - 1) + 1) : error;
        }
    }

    /// <summary>ftruncate(2).</summary>
    public Errno Truncate(ulong size)
    {
        if (_failure != Errno.None) return _failure;
        Touch();
        lock (_change)
        {
            if ((long)size >= _map.Limit) return Syscall.Truncate(_upper, (long)size);
            var error = _map.BeginCut(size, _upper);
            if (error == Errno.None) error = Syscall.Truncate(_upper, (long)size);

            // With the note standing, the next daemon would cut the file again, whatever was written to it since: so nothing is.
            if ((error == Errno.None ? _map.EndCut() : _map.TakeBackCut()) is var failed and not Errno.None) _failure = failed;
            return error;
        }
    }

    private bool IsAllAbove(long offset, long length)
    {
        var end = Math.Min(length, _map.Limit - offset) + offset;
        return end <= offset || Present.HasAll(Layout.BlockOf(offset), Layout.BlockOf(end - 1) + 1);
    }

    private Errno WriteAbsent(ReadOnlySpan<byte> data, long offset, out int count)
    {
        var end = Math.Min(data.Length, _map.Limit - offset) + offset;
        count = 0;
        if (end <= offset) return Syscall.PWrite(_upper, data, offset, out count); // cut meanwhile

        var error = FillAround(offset, end);
        if (error == Errno.None) error = Syscall.PWrite(_upper, data, offset, out count);
        var present = Layout.BlockOf(end - 1) + 1;
        if (error != Errno.None && offset + count < end)
        {
            // The block in which the bytes gave out is not whole, so it stays absent, and what is in it does not count.
            present = Layout.BlockOf(offset + count);
            if (!Present.Has(present)) count = (int)Math.Max(0, Layout.StartOf(present) - offset);
        }
        if (present <= Layout.BlockOf(offset)) return error;
        var failed = _map.SetPresent(Layout.BlockOf(offset), present);
        if (failed != Errno.None) count = 0;
        return failed != Errno.None ? failed : error;
    }

    // What the first and the last block need besides the bytes from `start` to `end`, where they are absent.
    private Errno FillAround(long start, long end)
    {
        var (first, last) = (Layout.BlockOf(start), Layout.BlockOf(end - 1));
        var error = Present.Has(first) ? Errno.None : Fill(Layout.StartOf(first), start);
        return error != Errno.None || Present.Has(last) ? error : Fill(end, Math.Min(Layout.StartOf(last + 1), _map.Limit));
    }

    private Errno Fill(long start, long end)
    {
        Span<byte> buffer = stackalloc byte[FillSize];
        var error = Errno.None;
        while (start < end && error == Errno.None)
        {
            var piece = buffer[..(int)Math.Min(FillSize, end - start)];
            error = ReadBelow(piece, start);
            if (error == Errno.None) error = Syscall.PWrite(_upper, piece, start, out _);
            _map.Counters?.AddFilled(piece.Length);
            start += piece.Length;
        }
        return error;
    }
}
