namespace OverlayFuse.Union;

/// <summary>A sixteenth of all names: a hash table from (directory, name) to node.</summary>
internal sealed class NameShard
{
    // Rank 5 (see Ranks). Protects everything in this shard and the Lookups of nodes found through it from going 0 -> 1.
    public readonly Lock Lock = new();

    private const int SmallestTable = 64;

    private readonly SlotArray<NameRecord> _records = new();
    private readonly NameStore _names = new();
    private int[] _buckets = new int[SmallestTable];

    public long Dropped => _records.ChunksDropped + _names.PagesDropped;

    public ref NameRecord this[int record] => ref _records[record];

    public ReadOnlySpan<byte> NameOf(int record) => _names[_records[record].Name];

    public int Find(int parent, ReadOnlySpan<byte> name, uint hash)
    {
        var record = _buckets[hash & (uint)(_buckets.Length - 1)];
        while (record != 0)
        {
            ref var r = ref _records[record];
            if (r.Hash == hash && r.Parent == parent && _names[r.Name].SequenceEqual(name)) return record;
            record = r.Next;
        }
        return 0;
    }

    public int Add(int parent, ReadOnlySpan<byte> name, uint hash, int node)
    {
        if (_records.Count >= _buckets.Length) Resize(_buckets.Length * 2);
        var record = _records.Allocate();
        ref var bucket = ref _buckets[hash & (uint)(_buckets.Length - 1)];
        _records[record] = new NameRecord { Parent = parent, Node = node, Hash = hash, Name = _names.Add(name), Next = bucket };
        bucket = record;
        return record;
    }

    public void Remove(int record)
    {
        var hash = _records[record].Hash;
        ref var link = ref _buckets[hash & (uint)(_buckets.Length - 1)];
        while (link != record) link = ref _records[link].Next;
        link = _records[record].Next;
        _names.Remove(_records[record].Name);
        _records.Free(record);
        if (_buckets.Length > SmallestTable && _records.Count < _buckets.Length / 8) Resize(_buckets.Length / 4);
    }

    private void Resize(int size)
    {
        var buckets = new int[size];
        foreach (var head in _buckets)
        {
            for (int record = head, next; record != 0; record = next)
            {
                ref var r = ref _records[record];
                next = r.Next;
                ref var bucket = ref buckets[r.Hash & (uint)(size - 1)];
                r.Next = bucket;
                bucket = record;
            }
        }
        _buckets = buckets;
    }
}
