using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The bytes of a file that has some of its blocks in the upper: these and what lies beyond the limit are read and written there, the
/// others are read from the lower file. A node has one at a time; it is found through <see cref="OpenFiles"/>.
/// </summary>
/// <remarks>
/// A block is present or absent. It becomes present, whole, at its first write: what the write does not cover is filled from below first.
/// Bytes beyond the limit are the upper's in any block, so that nothing is copied for an append.
/// </remarks>
internal sealed partial class PartialFile
{
    private const int FillSize = 4096;

    private readonly Fd _upper;
    private readonly Fd _lower;
    private readonly PartialMap _map;
    private readonly PartialMark _mark;
    private readonly Action? _watch;

    // Rank 4, taken with no other but a copy-up gate above it. Protects: absent blocks of the upper, and changes of the map.
    private readonly Lock _change = new();
    private volatile Errno _failure; // nothing may be changed any more
    private volatile bool _isOther; // the lower file is not the one that the map speaks of
    private volatile bool _isWatched;
    private long _lastChange;
    private int _isYoung; // 1: the mark does not say yet that the map is on disk

    // Rank 4, before `_change`. Held during a sync that nobody hears of, so that who asks afterwards learns what it met. Protects:
    private readonly Lock _telling = new();
    private volatile Errno _untold; // what such a sync met: the system tells it once, and the next who asks for a sync has to hear of it
    private volatile Errno _refused; // the same, if it met bytes and not the map

    private PartialFile(Fd upper, Fd lower, PartialMap map, in PartialMark mark, Action? watch)
    {
        _upper = upper;
        _lower = lower;
        _map = map;
        _mark = mark;
        _isYoung = mark.IsYoung ? 1 : 0;
        _watch = watch;
    }

    /// <summary>When a change through this object last began, in the milliseconds of <see cref="Environment.TickCount64"/>; 0: none has.</summary>
    public long LastChange => Volatile.Read(ref _lastChange);

    /// <summary>A sync has failed of which nobody was told: that goes with this object.</summary>
    public bool HasUntold => _untold != Errno.None || _map.HasFailed;

    /// <summary>What the disk said to bytes of the file, of which nobody was told. What it said to the map is mended by the next sync.</summary>
    public Errno Refused => _refused;

    private BlockBits Present => _map.Present;

    private PartialLayout Layout => _map.Layout;

    /// <summary>Joins the two. The descriptors are the new object's, also when this fails; that of the upper is closed by whoever gave it.</summary>
    /// <param name="lower">None where there is no such file any more: then only what is present can be read.</param>
    /// <param name="watch">Called when the file is changed and nobody looks after it (<see cref="TryUnwatch"/>).</param>
    public static Errno Open(Fd upper, Fd lower, int layer, PartialMap map, in PartialMark mark, BootId boot, Action? watch, out PartialFile file)
    {
        file = new PartialFile(upper, lower, map, mark, watch);
        var error = map.Recover(boot, upper);
        if (error == Errno.None) file._isOther = !lower.IsOpen || Syscall.Stat(lower, out var status) != Errno.None || Fingerprint.Of(layer, status) != map.Header.Lower;
        if (error != Errno.None) file.Close();
        return error;
    }

    public void Close()
    {
        _lower.Close();
        _map.Close();
    }

    /// <summary>pread(2) of the joined file. An error where a byte cannot be known: a short answer would be taken for the end of the file.</summary>
    public Errno Read(Span<byte> buffer, long offset, out int count)
    {
        count = 0;
        while (count < buffer.Length)
        {
            var at = offset + count;
            var end = RunEnd(at, offset + buffer.Length, out var isAbove);
            var piece = buffer.Slice(count, (int)(end - at));
            var got = piece.Length;
            var error = isAbove ? Syscall.PRead(_upper, piece, at, out got) : ReadBelow(piece, at);
            if (error != Errno.None)
            {
                count = 0;
                return error;
            }
            count += got;
            if (got < piece.Length) break; // the end of the file
        }
        return Errno.None;
    }

    /// <summary>To be called by whoever looks after the file and wants to end that. False: it was changed since <paramref name="lastChange"/>, and goes on being looked after.</summary>
    public bool TryUnwatch(long lastChange)
    {
        _isWatched = false;
        Interlocked.MemoryBarrier(); // a change either sees that nobody watches, or is seen here
        if (LastChange == lastChange) return true;
        _isWatched = true;
        return false;
    }

    // Before a change.
    private void Touch()
    {
        Interlocked.Exchange(ref _lastChange, Environment.TickCount64);
        if (_isWatched || _watch is null) return;
        _isWatched = true;
        _watch();
    }

    // Where the bytes from `at` on that are in one place end.
    private long RunEnd(long at, long end, out bool isAbove)
    {
        var limit = _map.Limit;
        isAbove = at >= limit;
        if (isAbove) return end;
        var block = Layout.BlockOf(at);
        isAbove = Present.Has(block);
        var last = Layout.BlockOf(Math.Min(end, limit) - 1) + 1;
        var next = Present.Next(block, last, isSet: !isAbove);
        return Math.Min(next == last ? Math.Min(end, limit) : Layout.StartOf(next), end);
    }

    private Errno ReadBelow(Span<byte> buffer, long offset)
    {
        if (_isOther) return Errno.IO;
        var error = Syscall.PRead(_lower, buffer, offset, out var count);
        if (error == Errno.None && (count < buffer.Length || !IsSame())) error = Errno.IO;
        return error;
    }

    // Asked after reading: then what was read was still the old.
    private bool IsSame()
    {
        var lower = _map.Header.Lower;
        _isOther |= Syscall.Stat(_lower, out var status) != Errno.None || Fingerprint.Of(lower.Layer, status) != lower;
        return !_isOther;
    }
}
