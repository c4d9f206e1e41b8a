using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// The rest of the blocks, until the lower file is needed no more.
internal sealed partial class PartialFile
{
    /// <summary>How much is filled at a time: whoever writes to a block that is absent waits for so long.</summary>
    private const int ChunkSize = 1 << 20;

    public bool IsComplete => Present.HasAll(0, End);

    private int End => _map.Limit == 0 ? 0 : Layout.BlockOf(_map.Limit - 1) + 1;

    /// <summary>Fills the next absent blocks from below. NOSPC before that where there is no room for all of them: what cannot be done must not fill the disk.</summary>
    public Errno FillMore()
    {
        if (_failure != Errno.None) return _failure;
        if (!HasRoom()) return Errno.NOSPC;
        lock (_change)
        {
            var first = Present.Next(0, End, isSet: false);
            if (first == End) return Errno.None;
            var end = Present.Next(first, (int)Math.Min(End, first + Math.Max(1, ChunkSize >> Layout.BlockShift)), isSet: true);
            if (_isOther) return Errno.IO;
            var error = DataCopy.Overwrite(_lower, _upper, Layout.StartOf(first), Math.Min(Layout.StartOf(end), _map.Limit), out var copied);
            _map.Counters?.AddFilled(copied);
            if (error == Errno.None && !IsSame()) error = Errno.IO;
            return error == Errno.None ? _map.SetPresent(first, end) : error;
        }
    }

    // Holes below stay holes. Whoever cannot be asked is taken to have it.
    private bool HasRoom()
    {
        const uint sector = 512; // st_blocks counts them
        if (Syscall.Stat(_lower, out var below) != Errno.None || Syscall.Stat(_upper, out var above) != Errno.None || Syscall.StatFs(_upper, out var disk) != Errno.None) return true;
        return above.Blocks * sector + disk.AvailableBlocks * disk.BlockSize >= Math.Min((ulong)_map.Limit, below.Blocks * sector);
    }
}
