using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>WORKDIR/overlayfuse/partial: the maps of partial files, and the fence that stands while there are any.</summary>
internal sealed class PartialMaps
{
    private readonly Incompat _incompat;
    private readonly bool _syncs;
    private Lazy<bool> _hidesStaleBytes;

    // Rank 10, takes that of Incompat. Protects: the number of maps and the fence, which go together.
    private readonly Lock _counting = new();
    private int _count;

    // The map that was made last, for whoever writes to its file next: nearly always the one who had it made.
    private Fresh? _fresh;

    private PartialMaps(DirFd directory, Incompat incompat, bool syncs)
    {
        Directory = directory;
        _incompat = incompat;
        _syncs = syncs;
        _hidesStaleBytes = new(() => CommitOrder.HidesStaleBytes(directory.Fd));
    }

    /// <summary>WORKDIR/overlayfuse/partial.</summary>
    public DirFd Directory { get; }

    /// <summary>The boot that bits are written in.</summary>
    public BootId Boot { get; set; } = BootId.Current();

    /// <summary>What is written to the upper, the maps themselves among it.</summary>
    public WriteCounters Counters { get; } = new();

    /// <summary>
    /// Whether a map that was never synced is, after a loss of power, at most less than what was written to it. Else it is synced when it is made: bytes
    /// that a deleted file has left on the disk would be bits that nobody set.
    /// </summary>
    public bool HidesStaleBytes
    {
        get => _hidesStaleBytes.Value;
        internal set => _hidesStaleBytes = new(() => value);
    }

    /// <summary>How many maps there are, each of a file that is not whole.</summary>
    public int Count
    {
        get
        {
            lock (_counting) return _count;
        }
    }

    public bool IsEmpty => Count == 0;

    /// <summary>Takes the directory over.</summary>
    public static Errno Open(DirFd directory, Incompat incompat, Durability durability, out PartialMaps maps)
    {
        maps = new PartialMaps(directory, incompat, durability != Durability.Volatile);
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(directory, names);
        maps._count = names.Count;
        if (error == Errno.None && names.Count > 0) error = incompat.RaiseUnsynced(Fence.Partial); // a loss of power may have left the maps alone
        return error;
    }

    /// <summary>
    /// Makes the map of a file that has no block above yet, with the fence before it. Nothing is synced: a loss of power may take both as long
    /// as nothing was committed, and until then the mark, which is to be set next, knows how the map began.
    /// </summary>
    public Errno Create(in Fingerprint lower, ulong limit, out PartialMark mark)
    {
        mark = PartialMark.Young(Boot, lower, limit);
        var error = Begin(mark, out var map);
        if (error == Errno.None) Keep(new Fresh(mark.Id, map!));
        return error;
    }

    /// <summary>Has the fence outlast a loss of power, before anything is committed.</summary>
    public Errno MakeFenceDurable() => _incompat.MakeDurable(Fence.Partial);

    /// <summary>Whether the map of a file was made for this lower file.</summary>
    public static bool IsFor(DirFd directory, in PartialMark mark, in Fingerprint lower)
    {
        var error = PartialMap.Open(directory, mark.Name(stackalloc byte[PartialMark.NameLength]), write: false, syncs: false, out var map);
        if (error is Errno.NOENT or Errno.BADMSG && mark.MayHaveLostMap(BootId.Current())) return mark.Lower == lower;
        if (error != Errno.None) return false;
        map!.Close();
        return map.Header.Lower == lower;
    }

    /// <summary>Opens the map of a file. One that a loss of power has taken, before anything in it was committed, begins anew.</summary>
    public Errno Open(in PartialMark mark, out PartialMap? map)
    {
        var fresh = Interlocked.Exchange(ref _fresh, null);
        if (fresh is not null && fresh.Id == mark.Id)
        {
            map = fresh.Map;
            return Errno.None;
        }
        fresh?.Map.Close();
        var name = mark.Name(stackalloc byte[PartialMark.NameLength]);
        var error = PartialMap.Open(Directory, name, write: true, _syncs, out map);
        if (error is Errno.NOENT or Errno.BADMSG && mark.MayHaveLostMap(Boot))
        {
            Remove(mark);
            return Begin(mark, out map);
        }
        if (map is not null) Adopt(map);
        return error;
    }

    /// <summary>To be called when nothing refers to the map any more.</summary>
    public void Remove(in PartialMark mark)
    {
        Keep(null);
        if (Syscall.UnlinkAt(Directory, mark.Name(stackalloc byte[PartialMark.NameLength])) == Errno.None) Removed();
    }

    /// <summary>Removes what is left when no file of the upper is partial any more: maps whose file a crash has taken, or never made.</summary>
    public Errno RemoveAll()
    {
        Keep(null);
        var error = TreeSweeper.Empty(Directory, out _);
        if (error != Errno.None) return error;
        lock (_counting)
        {
            _count = 0;
            return _incompat.Lower(Fence.Partial);
        }
    }

    /// <summary>
    /// Has every map say that all its blocks are on disk, after the whole upper was synced: one sync in place of many. Maps that were not
    /// opened since an earlier boot are left as they are.
    /// </summary>
    public Errno CommitAll()
    {
        Keep(null);
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(Directory, names);
        foreach (var name in names)
        {
            if (error != Errno.None) return error;
            if (PartialMap.Open(Directory, name, write: true, _syncs, out var map) != Errno.None) continue; // "check" tells of it
            Adopt(map!);
            map!.Distrust();
            if (map.Slot.Boot == Boot && map.TakeUncommitted(out var words, out var sequence)) error = map.Commit(words, sequence) is var failed and not Errno.None ? failed : map.MakeDurable();
            map.Close();
        }
        return error;
    }

    public void Close()
    {
        Keep(null);
        Directory.Close();
    }

    private Errno Begin(in PartialMark mark, out PartialMap? map)
    {
        map = null;
        lock (_counting)
        {
            var error = _incompat.RaiseUnsynced(Fence.Partial);
            if (error != Errno.None) return error;
            _count++;
        }
        var name = mark.Name(stackalloc byte[PartialMark.NameLength]);
        var made = PartialMap.Create(Directory, name, PartialHeader.For(mark.Lower), mark.Limit, Boot, _syncs, syncsNow: _syncs && !HidesStaleBytes, out map);
        if (made != Errno.None)
        {
            Removed();
            return made;
        }
        Adopt(map!);
        Counters.AddMap(map!.Layout.Length);
        return Errno.None;
    }

    private void Adopt(PartialMap map) => (map.Counters, map.Fence) = (Counters, _incompat);

    private void Keep(Fresh? fresh) => Interlocked.Exchange(ref _fresh, fresh)?.Map.Close();

    private void Removed()
    {
        lock (_counting)
        {
            if (--_count > 0) return;
            _count = 0;
            _ = _incompat.Lower(Fence.Partial);
        }
    }

    private sealed record Fresh(UInt128 Id, PartialMap Map);
}
