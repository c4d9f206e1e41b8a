namespace OverlayFuse.Union;

/// <summary>
/// Numbered slots for small structs, in chunks, so that a million of them are a thousand objects to the collector, and an
/// emptied chunk goes back to it. Slot 0 is never given out. The owner's lock protects <see cref="Allocate"/> and
/// <see cref="Free"/>; the indexer may be used without it by whoever knows that the slot is in use.
/// </summary>
internal sealed class SlotArray<T>
    where T : struct
{
    private const int ChunkBits = 9;
    private const int ChunkSize = 1 << ChunkBits;

    // Stands where no chunk is: a late reader of a slot that was given back sees a free one.
    private static readonly Chunk Absent = new() { Used = 0 };

    // Chunks are read without the lock, so the outer array is replaced, never resized in place.
    private volatile Chunk[] _chunks = [Absent, Absent, Absent, Absent, Absent, Absent, Absent, Absent];
    private int _firstWithRoom;
    private int _emptyChunks;
    private bool _haveBegun;

    public int Count { get; private set; }

    /// <summary>Chunks given back since the array was made; tells the owner when a collection is worth its while.</summary>
    public long ChunksDropped { get; private set; }

    public ref T this[int slot] => ref _chunks[slot >> ChunkBits].Items[slot & (ChunkSize - 1)];

    /// <summary>Beyond every slot that was given out so far.</summary>
    public int End => _chunks.Length << ChunkBits;

    /// <summary>True when <paramref name="slot"/> lies in a chunk that exists; it may still be free.</summary>
    public bool IsPresent(int slot)
    {
        var chunks = _chunks;
        return slot > 0 && slot >> ChunkBits < chunks.Length && chunks[slot >> ChunkBits] != Absent;
    }

    public int Allocate()
    {
        if (!_haveBegun)
        {
            _haveBegun = true; // not before: most arrays of a small mount stay empty
            _ = Allocate();    // slot 0
            Count = 0;
        }
        var index = _firstWithRoom;
        while (index < _chunks.Length && _chunks[index].Used == ChunkSize) index++;
        _firstWithRoom = index;
        if (index == _chunks.Length)
        {
            var longer = new Chunk[_chunks.Length * 2];
            _chunks.CopyTo(longer, 0);
            Array.Fill(longer, Absent, _chunks.Length, _chunks.Length);
            _chunks = longer;
        }

        if (_chunks[index] == Absent) _chunks[index] = new Chunk();
        var chunk = _chunks[index];
        if (chunk.Used == 0 && _emptyChunks > 0 && chunk.Spare) _emptyChunks--;
        chunk.Spare = false;
        chunk.Used++;
        Count++;
        var item = chunk.Next[0] == 0 ? chunk.Fresh++ : chunk.Next[0] - 1;
        if (chunk.Next[0] != 0) chunk.Next[0] = chunk.Next[item + 1];
        return (index << ChunkBits) | item;
    }

    public void Free(int slot)
    {
        var index = slot >> ChunkBits;
        var chunk = _chunks[index];
        var item = slot & (ChunkSize - 1);
        chunk.Items[item] = default;
        chunk.Next[item + 1] = chunk.Next[0];
        chunk.Next[0] = (ushort)(item + 1);
        Count--;
        if (index < _firstWithRoom) _firstWithRoom = index;
        if (--chunk.Used > 0) return;

        // One empty chunk is kept, so that a name made and removed in turn does not make and drop a chunk each time.
        if (_emptyChunks == 0)
        {
            _emptyChunks = 1;
            chunk.Spare = true;
            return;
        }
        _chunks[index] = Absent;
        ChunksDropped++;
    }

    private sealed class Chunk
    {
        public readonly T[] Items = new T[ChunkSize];

        /// <summary>Free list: element 0 is its head, element i + 1 follows item i; values are item + 1, 0 ends.</summary>
        public readonly ushort[] Next = new ushort[ChunkSize + 1];

        /// <summary>Items below this were given out at least once.</summary>
        public int Fresh;

        public int Used;
        public bool Spare;
    }
}
