using System.Buffers;
using System.Runtime.InteropServices;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// A map file, WORKDIR/overlayfuse/partial/ID: which blocks of a partial file the upper has. Whoever changes it keeps others away; its
/// bits are read without a lock, and <see cref="MakeDurable"/> needs none.
/// </summary>
/// <remarks>
/// While the kernel lives its page cache is the truth, and a bit is set after the bytes that it speaks of were written: nothing is synced
/// for that. After a loss of power only what was committed counts, and that is written after the bytes were synced. Both kinds of bits only
/// ever get set, so what a crash leaves of them is less than the truth and never more.
/// </remarks>
internal sealed class PartialMap
{
    private const int WordsAtOnce = 512; // a page of the file

    private readonly Fd _file;
    private readonly bool _syncs;
    private readonly BlockBits _committed;
    private PartialSlot _slot;
    private PartialSlot _beforeCut;
    private int _slotIndex;

    // Below the lock of PartialFile, or alone. So that of two syncs at a time each hears of its own failure: the system tells it once.
    private readonly Lock _syncing = new();
    private long _written = 1; // counts what was written here: what an earlier daemon wrote may be in the page cache only
    private long _synced;
    private bool _hasFailed; // a sync: what it was to put on disk is written once more
    private ulong _limit;

    private PartialMap(Fd file, in PartialHeader header, bool syncs)
    {
        _file = file;
        _syncs = syncs;
        Header = header;
        Present = new BlockBits(header.Layout.Blocks);
        _committed = new BlockBits(header.Layout.Blocks);
    }

    /// <summary>A sync has failed, and what it was to put on disk is not there yet.</summary>
    public bool HasFailed => Volatile.Read(ref _hasFailed);

    private bool IsUnsynced => Volatile.Read(ref _synced) != _written;

    public PartialHeader Header { get; }

    public PartialLayout Layout => Header.Layout;

    public BlockBits Present { get; }

    /// <summary>Bytes from here on are the upper's, whatever the bits say.</summary>
    public long Limit => (long)Volatile.Read(ref _limit);

    public PartialSlot Slot => _slot;

    /// <summary>Where to count what is written; none where nobody asks.</summary>
    public WriteCounters? Counters { get; set; }

    /// <summary>Whose fence for partial files has to be on disk before anything is that the map has committed; none where nothing is written.</summary>
    public Incompat? Fence { get; set; }

    /// <summary>Makes the map of a file that has no block above yet. It may go with a loss of power until <see cref="MakeDurable"/>.</summary>
    /// <param name="syncs">False with volatile mounts.</param>
    /// <param name="syncsNow">What is written at first is put on disk, although the name of the file may go: its blocks never show what they had before.</param>
    public static Errno Create(DirFd directory, ReadOnlySpan<byte> name, in PartialHeader header, ulong limit, BootId boot, bool syncs, bool syncsNow, out PartialMap? map)
    {
        map = null;
        var error = Syscall.OpenAt(directory, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, Mode.OwnerReadWrite, out var file);
        if (error != Errno.None) return error;
        var slot = new PartialSlot(1, limit, boot);
        error = Begin(file, header, slot);
        if (error == Errno.None && syncsNow) error = Syscall.FDataSync(file);
        if (error == Errno.None)
        {
            map = new PartialMap(file, header, syncs) { _slot = slot, _limit = limit };
            return Errno.None;
        }
        file.Close();
        _ = Syscall.UnlinkAt(directory, name);
        return error;
    }

    /// <summary>What another description of the map has written may never have come to the disk: all of it is written once more before the next sync.</summary>
    public void Distrust() => Volatile.Write(ref _hasFailed, true);

    /// <summary>How much was written to the map by now, for <see cref="WasSynced"/>.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>To be called when the file system was synced after <paramref name="written"/> was taken: tells whether the map was, too.</summary>
    public Errno WasSynced(long written)
    {
        lock (_syncing)
        {
            var error = Syscall.AwaitWriteback(_file);
            if (error == Errno.None) Volatile.Write(ref _synced, Math.Max(written, Volatile.Read(ref _synced)));
            else Distrust();
            return error;
        }
    }

    /// <summary>Has what was written to the map by now outlast a loss of power; nothing to do with a volatile mount.</summary>
    public Errno MakeDurable()
    {
        lock (_syncing)
        {
            var written = Volatile.Read(ref _written);
            var error = _syncs ? Fence?.MakeDurable(Union.Fence.Partial) ?? Errno.None : Errno.None;
            if (error == Errno.None && _syncs) error = Syscall.FDataSync(_file);
            if (error == Errno.None) Volatile.Write(ref _synced, written);
            else Volatile.Write(ref _hasFailed, true);
            return error;
        }
    }

    // All room is taken now: a write that has its bytes must not fail for want of a bit. Written and not only set aside (fallocate(2)): else
    // each later sync of bits would have to put down metadata as well.
    private static Errno Begin(Fd file, in PartialHeader header, in PartialSlot slot)
    {
        var all = new byte[header.Layout.Length];
        header.Write(all);
        slot.Write(all.AsSpan(PartialLayout.SlotAt));
        return Syscall.PWrite(file, all, 0, out _);
    }

    /// <summary>Opens a map, to be used after <see cref="Recover"/>. NOENT: there is none; BADMSG, PROTONOSUPPORT: it is broken, or of another form.</summary>
    public static Errno Open(DirFd directory, ReadOnlySpan<byte> name, bool write, bool syncs, out PartialMap? map)
    {
        map = null;
        var error = Syscall.OpenAt(directory, name, (write ? OpenFlags.ReadWrite : OpenFlags.ReadOnly) | OpenFlags.NoFollow, 0, out var file);
        if (error != Errno.None) return error;
        error = Load(file, syncs, out map);
        if (error != Errno.None) file.Close();
        return error;
    }

    private static Errno Load(Fd file, bool syncs, out PartialMap? map)
    {
        map = null;
        Span<byte> head = stackalloc byte[PartialLayout.BitsAt];
        var error = Syscall.PRead(file, head, 0, out var count);
        if (error != Errno.None) return error;
        error = PartialHeader.Read(head[..count], out var header);
        if (error != Errno.None) return error;
        if (count < head.Length) return Errno.BADMSG;

        var opened = new PartialMap(file, header, syncs);
        if (!opened.TakeSlot(head)) return Errno.BADMSG;
        error = Syscall.PRead(file, opened.Present.Bytes, PartialLayout.BitsAt, out count);
        if (error == Errno.None && count < opened.Present.Bytes.Length) error = Errno.BADMSG;
        if (error == Errno.None) error = Syscall.PRead(file, opened._committed.Bytes, opened.Layout.CommittedAt, out count);
        if (error == Errno.None && count < opened._committed.Bytes.Length) error = Errno.BADMSG;
        if (error == Errno.None) map = opened;
        return error;
    }

    private bool TakeSlot(ReadOnlySpan<byte> head)
    {
        for (var i = 0; i < 2; i++)
        {
            if (!PartialSlot.TryRead(head[(PartialLayout.SlotAt + i * PartialLayout.SlotDistance)..], out var slot) || slot.Sequence <= _slot.Sequence) continue;
            (_slot, _slotIndex, _limit) = (slot, i, slot.Limit);
        }
        return _slot.Sequence > 0 && _slot.Limit <= Layout.Size;
    }

    /// <summary>To be called before anything is read or written: finishes what an earlier daemon left undone, durably.</summary>
    public Errno Recover(BootId boot, Fd upper)
    {
        var error = Syscall.Stat(upper, out var status);
        if (error != Errno.None) return error;
        var recovery = PartialRecovery.For(_slot, boot, status.Size);
        if (recovery.IsNothing(_slot)) return Errno.None;

        if (recovery.CutTo is { } size) error = Syscall.Truncate(upper, (long)size);
        if (error == Errno.None && _syncs && _slot.Cut != Cut.None) error = Syscall.FDataSync(upper);
        if (error == Errno.None && recovery.DropsUncommitted)
        {
            // Before the slot says that this boot wrote the bits.
            Present.CopyFrom(_committed);
            error = Syscall.PWrite(_file, Present.Bytes, PartialLayout.BitsAt, out _);
            if (error == Errno.None) error = MakeDurable();
        }
        return error != Errno.None ? error : Write(_slot with { Limit = recovery.Limit, Boot = boot, Cut = Cut.None, CutTo = 0 }, sync: true);
    }

    /// <summary>To be called when the upper has the bytes of the blocks from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    public Errno SetPresent(int first, int end)
    {
        Span<ulong> words = stackalloc ulong[WordsAtOnce];
        for (var at = first; at < end;)
        {
            var count = Present.WordsWith(at, end, words, out var firstWord);
            var error = Syscall.PWrite(_file, MemoryMarshal.AsBytes(words[..count]), PartialLayout.BitsAt + firstWord * sizeof(ulong), out _);
            if (error != Errno.None) return error;
            Counters?.AddMap(count * sizeof(ulong));
            var next = Math.Min(end, (firstWord + count) * 64);
            Present.Set(at, next);
            at = next;
        }
        return Errno.None;
    }

    /// <summary>
    /// What the upper has at this moment and is not known to be on disk; false: nothing, and no cut waits. The upper is synced then, and
    /// after that <see cref="Commit"/> is called with it.
    /// </summary>
    public bool TakeUncommitted(out ulong[] words, out ulong sequence)
    {
        words = ArrayPool<ulong>.Shared.Rent(Present.Words);
        sequence = _slot.Sequence;
        if (Present.Except(_committed, words) || _slot.Cut != Cut.None || IsUnsynced || Volatile.Read(ref _hasFailed)) return true;
        ArrayPool<ulong>.Shared.Return(words);
        return false;
    }

    /// <summary>
    /// The upper was synced since <paramref name="words"/> were taken, so they are committed; so is the cut that was done by then. It counts when
    /// <see cref="MakeDurable"/> has returned.
    /// </summary>
    public Errno Commit(ulong[] words, ulong sequence)
    {
        var added = words.AsSpan(0, Present.Words);
        var (first, end) = (added.IndexOfAnyExcept(0UL), added.LastIndexOfAnyExcept(0UL) + 1);
        _committed.Add(added);
        ArrayPool<ulong>.Shared.Return(words);
        var error = end > 0 ? Syscall.PWrite(_file, _committed.Bytes[(first * sizeof(ulong))..(end * sizeof(ulong))], Layout.CommittedAt + first * sizeof(ulong), out _) : Errno.None;
        Volatile.Write(ref _written, _written + 1);
        if (end > 0) Counters?.AddMap((end - first) * sizeof(ulong));
        if (error != Errno.None) Volatile.Write(ref _hasFailed, true);
        else error = Repeat();
        if (error == Errno.None && _slot.Cut == Cut.Done && _slot.Sequence == sequence) error = Write(_slot with { Cut = Cut.None, CutTo = 0 }, sync: false);
        return error;
    }

    // Writes all of the map once more, where a sync has failed: the system takes for written what it could not write.
    private Errno Repeat()
    {
        if (!Interlocked.Exchange(ref _hasFailed, false)) return Errno.None;
        Span<byte> header = stackalloc byte[PartialHeader.Size];
        Header.Write(header);
        var error = Syscall.PWrite(_file, header, 0, out _);
        if (error == Errno.None) error = WriteSlot(_slot, _slotIndex); // in its own place: the other one may be the only one on disk
        if (error == Errno.None) error = Syscall.PWrite(_file, Present.Bytes, PartialLayout.BitsAt, out _);
        if (error == Errno.None) error = Syscall.PWrite(_file, _committed.Bytes, Layout.CommittedAt, out _);
        Volatile.Write(ref _written, _written + 1);
        Counters?.AddMap(PartialHeader.Size + Present.Bytes.Length + _committed.Bytes.Length);
        if (error != Errno.None) Volatile.Write(ref _hasFailed, true);
        return error;
    }

    /// <summary>
    /// To be called before the upper is cut shorter than the limit. It is on disk when this returns: else a file that is cut, extended and
    /// met by a loss of power could show again what was cut away.
    /// </summary>
    public Errno BeginCut(ulong to, Fd upper)
    {
        // The note of an earlier cut may go when that cut cannot be undone any more.
        var error = _syncs && _slot.Cut != Cut.None ? Syscall.FDataSync(upper) : Errno.None;
        _beforeCut = _slot;
        return error == Errno.None ? Write(_slot with { Cut = Cut.Begun, CutTo = to }, sync: true) : error;
    }

    /// <summary>The cut could not be noted, or not be made: it was not.</summary>
    public Errno TakeBackCut() => _slot == _beforeCut ? Errno.None : Write(_beforeCut, sync: true);

    /// <summary>
    /// The upper was cut. Not synced: until then the note stands, and if the whole machine dies meanwhile the cut is made again;
    /// if the daemon dies alone it must not be, for what was written since counts.
    /// </summary>
    public Errno EndCut()
    {
        Volatile.Write(ref _limit, _slot.CutTo);
        return Write(_slot with { Cut = Cut.Done, Limit = _slot.CutTo }, sync: false);
    }

    public void Close() => _file.Close();

    private Errno Write(PartialSlot slot, bool sync)
    {
        // Where the other slot was never synced, this one is the only one that is sure to be on disk.
        var error = Repeat();
        if (error == Errno.None && IsUnsynced) error = MakeDurable();
        if (error != Errno.None) return error;
        slot = slot with { Sequence = _slot.Sequence + 1 };
        var index = 1 - _slotIndex;
        error = WriteSlot(slot, index);
        if (error != Errno.None) return error;
        (_slot, _slotIndex) = (slot, index);
        Volatile.Write(ref _written, _written + 1);
        Volatile.Write(ref _limit, slot.Limit);
        return sync ? MakeDurable() : Errno.None;
    }

    private Errno WriteSlot(in PartialSlot slot, int index)
    {
        Span<byte> bytes = stackalloc byte[PartialSlot.Size];
        slot.Write(bytes);
        Counters?.AddMap(PartialSlot.Size);
        return Syscall.PWrite(_file, bytes, PartialLayout.SlotAt + index * PartialLayout.SlotDistance, out _);
    }
}
