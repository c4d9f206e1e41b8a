using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// The rest of the blocks, until the lower file is no longer needed.
internal sealed partial class PartialFile
{
    /// <summary>How much is copied at a time: whoever writes to a block that is absent waits for so long.</summary>
    private const int ChunkSize = 1 << 20;

    private int _wholeUpTo; // no block before this one is absent; others may be present by now

    public bool IsComplete => FirstAbsent() >= End;

    private int End => _map.Limit == 0 ? 0 : Layout.BlockOf(_map.Limit - 1) + 1;

    /// <summary>
    /// Fills the next absent blocks from below: so many that have bytes, and a hole to its end. NOSPC before that where there is no room for all
    /// of them: what cannot be done must not fill the disk.
    /// </summary>
    public Errno FillMore()
    {
        if (_failure != Errno.None) return _failure;
        if (!HasRoom()) return Errno.NOSPC;
        lock (_change)
        {
            var first = FirstAbsent();
            if (first >= End) return Errno.None;
            if (_isOther) return Errno.IO;
            var end = Present.Next(first, ChunkEnd(first), isSet: true);
            var error = DataCopy.Overwrite(_lower, _upper, Layout.StartOf(first), Math.Min(Layout.StartOf(end), _map.Limit), out var copied);
            _map.Counters?.AddFilled(copied);
            if (error == Errno.None && !IsSame()) error = Errno.IO;
            return error == Errno.None ? _map.SetPresent(first, end) : error;
        }
    }

    // Bits are only ever set, and the end only comes nearer: what was looked through once is not looked through again.
    private int FirstAbsent()
    {
        var first = Present.Next(Volatile.Read(ref _wholeUpTo), End, isSet: false);
        Volatile.Write(ref _wholeUpTo, first);
        return first;
    }

    // And the hole that follows, which costs the same however long it is.
    private int ChunkEnd(int first)
    {
        var end = Math.Min(End, first + Math.Max(1, ChunkSize >> Layout.BlockShift));
        if (end == End) return end;
        return Syscall.LSeek(_lower, Layout.StartOf(end), Whence.Data, out var data) switch
        {
            Errno.None when data < _map.Limit => Layout.BlockOf(data),
            Errno.None or Errno.NXIO => End,
            _ => end,
        };
    }

    // Holes below stay holes. A file system that cannot say where data is counts as having it everywhere.
    private bool HasRoom()
    {
        const uint sector = 512; // st_blocks counts them
        if (Syscall.Stat(_lower, out var below) != Errno.None || Syscall.Stat(_upper, out var above) != Errno.None || Syscall.StatFs(_upper, out var disk) != Errno.None) return true;
        return above.Blocks * sector + disk.AvailableBlocks * disk.BlockSize >= Math.Min((ulong)_map.Limit, below.Blocks * sector);
    }
}
