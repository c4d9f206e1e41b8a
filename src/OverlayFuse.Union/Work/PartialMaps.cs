using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>WORKDIR/overlayfuse/partial: the maps of partial files, and the fence that stands while there are any.</summary>
internal sealed class PartialMaps
{
    private readonly DirFd _directory;
    private readonly Incompat _incompat;
    private readonly bool _syncs;

    // Leaf. Protects: the number of maps and the fence, which go together.
    private readonly Lock _counting = new();
    private int _count;

    private PartialMaps(DirFd directory, Incompat incompat, bool syncs)
    {
        _directory = directory;
        _incompat = incompat;
        _syncs = syncs;
    }

    /// <summary>The boot that bits are written in.</summary>
    public BootId Boot { get; set; } = BootId.Current();

    /// <summary>What is written to the upper, the maps themselves among it.</summary>
    public WriteCounters Counters { get; } = new();

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
        return error;
    }

    /// <summary>Makes the map of a file that has no block above yet, with the fence before it.</summary>
    public Errno Create(in Fingerprint lower, ulong limit, Span<byte> id)
    {
        Guid.NewGuid().TryWriteBytes(id); // not RandomNumberGenerator: it would load OpenSSL, which takes longer than the copy-up
        lock (_counting)
        {
            var error = _incompat.Raise(Fence.Partial);
            if (error != Errno.None) return error;
            _count++;
        }
        var made = PartialMap.Create(_directory, PartialMark.NameOf(id, stackalloc byte[PartialMark.NameLength]), PartialHeader.For(lower), limit, Boot, _syncs);
        if (made != Errno.None) Removed();
        else Counters.AddMap(PartialLayout.BitsAt);
        return made;
    }

    /// <summary>Whether the map of a file was made for this lower file.</summary>
    public bool IsFor(ReadOnlySpan<byte> id, in Fingerprint lower)
    {
        if (PartialMap.Open(_directory, PartialMark.NameOf(id, stackalloc byte[PartialMark.NameLength]), write: false, syncs: false, out var map) != Errno.None) return false;
        map!.Close();
        return map.Header.Lower == lower;
    }

    public Errno Open(ReadOnlySpan<byte> id, out PartialMap? map)
    {
        var error = PartialMap.Open(_directory, PartialMark.NameOf(id, stackalloc byte[PartialMark.NameLength]), write: true, _syncs, out map);
        if (map is not null) map.Counters = Counters;
        return error;
    }

    /// <summary>To be called when nothing refers to the map any more.</summary>
    public void Remove(ReadOnlySpan<byte> id)
    {
        if (Syscall.UnlinkAt(_directory, PartialMark.NameOf(id, stackalloc byte[PartialMark.NameLength])) == Errno.None) Removed();
    }

    /// <summary>Removes what is left when no file of the upper is partial any more: maps whose file a crash has taken, or never made.</summary>
    public Errno RemoveAll()
    {
        var error = TreeSweeper.Empty(_directory, out _);
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
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(_directory, names);
        foreach (var name in names)
        {
            if (error != Errno.None) return error;
            if (PartialMap.Open(_directory, name, write: true, _syncs, out var map) != Errno.None) continue; // "check" tells of it
            if (map!.Slot.Boot == Boot && map.TakeUncommitted(out var words, out var sequence)) error = map.Commit(words, sequence);
            map.Close();
        }
        return error;
    }

    public void Close() => _directory.Close();

    private void Removed()
    {
        lock (_counting)
        {
            if (--_count > 0) return;
            _count = 0;
            _ = _incompat.Lower(Fence.Partial);
        }
    }
}
