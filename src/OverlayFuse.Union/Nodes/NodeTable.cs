using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// All inodes the kernel knows, and their names. A node's id is a serial number with its slot in the low bits, so that it is
/// found without a search and never given twice in a mount.
/// </summary>
/// <remarks>
/// Locks here: the name shards in ascending order (rank 5), then <see cref="_links"/> (6), then <see cref="_slots"/> (7).
/// A node is removed under the lock of the shard of its only name, or of all shards when it may have several; whoever raises
/// Lookups from a name holds that name's shard, so the two never cross.
/// </remarks>
internal sealed partial class NodeTable
{
    public const int Root = 1;
    private const int SlotBits = 28;
    private const int ShardBits = 4;
    private const int ShardCount = 1 << ShardBits;

    private readonly NameShard[] _shards = new NameShard[ShardCount];
    private readonly SlotArray<Node> _nodes = new();

    // Nodes that several names may lead to, by st_ino.
    private readonly Dictionary<ulong, int> _byInode = [];
    private readonly Lock _links = new(); // rank 6; protects _byInode and the name lists of nodes flagged Linked
    private readonly Lock _slots = new(); // rank 7; protects _nodes' free lists and _serial
    private readonly NameStore _lowerNames = new();
    private readonly Lock _lowerNamesLock = new(); // leaf; protects _lowerNames and the setting of a node's LowerName
    private readonly NodeRemoved _removed;
    private ulong _serial;

    /// <param name="removed">Called, outside all locks of the table, for each node that leaves it.</param>
    public NodeTable(NodeRemoved removed)
    {
        _removed = removed;
        for (var i = 0; i < ShardCount; i++) _shards[i] = new NameShard();
    }

    public delegate void NodeRemoved(in Node node);

    public int Count => _nodes.Count;

    /// <summary>Pieces of memory given back to the collector so far.</summary>
    public long Dropped
    {
        get
        {
            var dropped = _nodes.ChunksDropped + _lowerNames.PagesDropped;
            foreach (var shard in _shards) dropped += shard.Dropped;
            return dropped;
        }
    }

    public ref Node this[int slot] => ref _nodes[slot];

    /// <summary>The slot of a node the kernel speaks of; false for one that was never given, or is forgotten.</summary>
    public bool TryFind(NodeId id, out int slot)
    {
        slot = (int)(id.Value & ((1UL << SlotBits) - 1));
        return _nodes.IsPresent(slot) && _nodes[slot].Id == id.Value;
    }

    /// <summary>The ids of the regular files that the kernel knows now; some may be forgotten while the list is made.</summary>
    public IEnumerable<ulong> Files()
    {
        for (var slot = Root; slot < _nodes.End; slot++)
        {
            if (_nodes.IsPresent(slot) && _nodes[slot] is { Id: > 0 and var id, Type: FileType.Regular }) yield return id;
        }
    }

    /// <summary>Puts in the root, which has no name and is never forgotten.</summary>
    public void AddRoot(in Node root)
    {
        var slot = Allocate(root);
        System.Diagnostics.Debug.Assert(slot == Root);
        _nodes[slot].Id = NodeId.Root.Value;
        _nodes[slot].Lookups = 1;
    }

    /// <summary>The node behind a name if the table has it; with <paramref name="count"/> it counts as a lookup.</summary>
    public int Find(int parent, ReadOnlySpan<byte> name, bool count)
    {
        var shard = ShardOf(parent, name, out var hash, out _);
        lock (shard.Lock)
        {
            var record = shard.Find(parent, name, hash);
            if (record == 0) return 0;
            var slot = shard[record].Node;
            if (count) Interlocked.Increment(ref _nodes[slot].Lookups);
            return slot;
        }
    }

    /// <summary>
    /// The node behind a name, made from <paramref name="candidate"/> when the table has none. With <paramref name="linked"/>
    /// a node of the same st_ino known by another name gets this one too. Counts as a lookup.
    /// </summary>
    public int FindOrAdd(int parent, ReadOnlySpan<byte> name, in Node candidate, bool linked, bool count, out bool added)
    {
        var shard = ShardOf(parent, name, out var hash, out var shardIndex);
        lock (shard.Lock)
        {
            added = false;
            var record = shard.Find(parent, name, hash);
            int slot;
            if (record != 0) slot = shard[record].Node;
            else if (!linked)
            {
                slot = Allocate(candidate);
                added = true;
                record = shard.Add(parent, name, hash, slot);
                _nodes[slot].FirstName = Handle(record, shardIndex);
                Interlocked.Increment(ref _nodes[parent].References);
            }
            else
            {
                lock (_links)
                {
                    var isKnown = _byInode.TryGetValue(candidate.Inode, out slot);
                    if (!isKnown || !AreSame(_nodes[slot], candidate))
                    {
                        slot = Allocate(candidate);
                        added = true;
                        _nodes[slot].Set(NodeFlags.Linked);
                        if (!isKnown) _byInode[candidate.Inode] = slot;
                    }
                    record = shard.Add(parent, name, hash, slot);
                    Append(slot, shard, record, shardIndex);
                    Interlocked.Increment(ref _nodes[parent].References);
                }
            }
            if (count) Interlocked.Increment(ref _nodes[slot].Lookups);
            return slot;
        }
    }

    /// <summary>Counts one more lookup of a node the kernel holds.</summary>
    public void Remember(int slot) => Interlocked.Increment(ref _nodes[slot].Lookups);

    /// <summary>A node without a name (O_TMPFILE). Counts as a lookup.</summary>
    public int AddNameless(in Node candidate)
    {
        var slot = Allocate(candidate);
        Interlocked.Increment(ref _nodes[slot].Lookups);
        return slot;
    }

    /// <summary>
    /// Copies one name of a node, and says in which directory; false when it has none. The answer is only good while the
    /// directory's name lock is held: ask again after taking it.
    /// </summary>
    public bool TryGetName(int slot, Span<byte> buffer, out int length, out int parent)
    {
        while (true)
        {
            var handle = Volatile.Read(ref _nodes[slot].FirstName);
            if (handle == 0)
            {
                length = parent = 0;
                return false;
            }
            var shard = _shards[handle & (ShardCount - 1)];
            lock (shard.Lock)
            {
                // Freed and reused records belong to another node: then the node has a new first name by now.
                if (Volatile.Read(ref _nodes[slot].FirstName) != handle) continue;
                var name = shard.NameOf(handle >> ShardBits);
                name.CopyTo(buffer);
                length = name.Length;
                parent = shard[handle >> ShardBits].Parent;
                return true;
            }
        }
    }

    private static int Handle(int record, int shardIndex) => (record << ShardBits) | shardIndex;

    private NameShard ShardOf(int parent, ReadOnlySpan<byte> name, out uint hash, out int index)
    {
        var full = NameHash.Of(name) ^ ((ulong)(uint)parent * 0x9E3779B97F4A7C15);
        hash = (uint)(full >> 32);
        index = (int)(full & (ShardCount - 1));
        return _shards[index];
    }

    private int Allocate(in Node candidate)
    {
        lock (_slots)
        {
            var slot = _nodes.Allocate();
            ref var node = ref _nodes[slot];
            node = candidate;
            node.Id = (_serial++ << SlotBits) | (uint)slot;
            return slot;
        }
    }

    // A copy that another program made without an index is another inode than its lower one, of the same number. What the index has is one: who
    // looks a name up while it comes up may have found it below, and the node above, or the other way round.
    private static bool AreSame(in Node known, in Node candidate) =>
        known.IsUpper == candidate.IsUpper || known.Has(NodeFlags.Indexed) || candidate.Has(NodeFlags.Indexed);

    // Under the shard's lock and _links. Behind the first name, by which a copy under way takes its place: its directory is in the upper already.
    private void Append(int slot, NameShard shard, int record, int shardIndex)
    {
        ref var first = ref _nodes[slot].FirstName;
        if (first == 0)
        {
            Volatile.Write(ref first, Handle(record, shardIndex));
            return;
        }
        ref var link = ref _shards[first & (ShardCount - 1)][first >> ShardBits].NextOfNode;
        shard[record].NextOfNode = link;
        link = Handle(record, shardIndex);
    }
}
