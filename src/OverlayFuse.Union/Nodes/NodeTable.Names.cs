namespace OverlayFuse.Union;

// Adding, moving and removing names. The caller holds the name locks of the directories (rank 2), so no two changes of one name meet.
internal sealed partial class NodeTable
{
    /// <summary>Gives a node a further name (link(2)), after which it is found by its inode number too.</summary>
    public void AddName(int slot, int parent, ReadOnlySpan<byte> name)
    {
        var shard = ShardOf(parent, name, out var hash, out var shardIndex);
        lock (shard.Lock)
            lock (_links)
            {
                _nodes[slot].Set(NodeFlags.Linked);
                _byInode[_nodes[slot].Inode] = slot;
                Append(slot, shard, shard.Add(parent, name, hash, slot), shardIndex);
                Interlocked.Increment(ref _nodes[parent].References);
            }
    }

    /// <summary>Takes a name from its node; the node stays until the kernel forgets it. True when it has another name.</summary>
    public bool RemoveName(int parent, ReadOnlySpan<byte> name)
    {
        var shard = ShardOf(parent, name, out var hash, out var shardIndex);
        lock (shard.Lock)
        {
            var record = shard.Find(parent, name, hash);
            if (record == 0) return false;
            var slot = shard[record].Node;
            lock (_links) ReplaceInList(slot, Handle(record, shardIndex), shard[record].NextOfNode);
            shard.Remove(record);
            Interlocked.Decrement(ref _nodes[parent].References);
            return _nodes[slot].FirstName != 0;
        }
    }

    /// <summary>
    /// Takes a name from the node of a lower object so that the next lookup makes a new one. Whoever has the old node goes on reading
    /// the object by its name in the layer.
    /// </summary>
    public void Retire(int slot, int parent, ReadOnlySpan<byte> name)
    {
        if (Find(parent, name, count: false) != slot) return;
        KeepLowerName(slot, name);
        RemoveName(parent, name);
        lock (_links)
        {
            if (_byInode.TryGetValue(_nodes[slot].Inode, out var known) && known == slot) _byInode.Remove(_nodes[slot].Inode);
        }
    }

    /// <summary>Whether a node is known by more than one name.</summary>
    public bool HasOtherName(int slot)
    {
        lock (_links)
        {
            var handle = _nodes[slot].FirstName;
            return handle != 0 && _shards[handle & (ShardCount - 1)][handle >> ShardBits].NextOfNode != 0;
        }
    }

    /// <summary>Moves a name (rename(2)); the new one must be free. Readers of the node's name see the old or the new one, never none.</summary>
    public void MoveName(int oldParent, ReadOnlySpan<byte> oldName, int newParent, ReadOnlySpan<byte> newName)
    {
        var from = ShardOf(oldParent, oldName, out var oldHash, out var fromIndex);
        var to = ShardOf(newParent, newName, out var newHash, out var toIndex);
        lock (_shards[Math.Min(fromIndex, toIndex)].Lock)
            lock (_shards[Math.Max(fromIndex, toIndex)].Lock)
                lock (_links)
                {
                    var old = from.Find(oldParent, oldName, oldHash);
                    if (old == 0) return;
                    var slot = from[old].Node;
                    var record = to.Add(newParent, newName, newHash, slot);
                    to[record].NextOfNode = from[old].NextOfNode;
                    ReplaceInList(slot, Handle(old, fromIndex), Handle(record, toIndex));
                    from.Remove(old);
                    Interlocked.Decrement(ref _nodes[oldParent].References);
                    Interlocked.Increment(ref _nodes[newParent].References);
                }
    }

    /// <summary>Swaps the nodes behind two names (RENAME_EXCHANGE).</summary>
    public void ExchangeNames(int parentA, ReadOnlySpan<byte> nameA, int parentB, ReadOnlySpan<byte> nameB)
    {
        var shardA = ShardOf(parentA, nameA, out var hashA, out var indexA);
        var shardB = ShardOf(parentB, nameB, out var hashB, out var indexB);
        lock (_shards[Math.Min(indexA, indexB)].Lock)
            lock (_shards[Math.Max(indexA, indexB)].Lock)
                lock (_links)
                {
                    var a = shardA.Find(parentA, nameA, hashA);
                    var b = shardB.Find(parentB, nameB, hashB);
                    if (a == 0 || b == 0) return;
                    var (nodeA, nodeB) = (shardA[a].Node, shardB[b].Node);
                    if (nodeA == nodeB) return;
                    ReplaceInList(nodeA, Handle(a, indexA), Handle(b, indexB));
                    ReplaceInList(nodeB, Handle(b, indexB), Handle(a, indexA));
                    (shardA[a].NextOfNode, shardB[b].NextOfNode) = (shardB[b].NextOfNode, shardA[a].NextOfNode);
                    (shardA[a].Node, shardB[b].Node) = (nodeB, nodeA);
                }
    }

    /// <summary>Remembers under which name a lower object is found, now that its name in the union changes. Once is enough.</summary>
    public void KeepLowerName(int slot, ReadOnlySpan<byte> name)
    {
        lock (_lowerNamesLock)
        {
            if (_nodes[slot].LowerName == 0) Volatile.Write(ref _nodes[slot].LowerName, _lowerNames.Add(name));
        }
    }

    /// <summary>As <see cref="KeepLowerName(int, ReadOnlySpan{byte})"/>, for bytes whose name is not that of the object they belong to.</summary>
    public void ReplaceLowerName(int slot, ReadOnlySpan<byte> name)
    {
        lock (_lowerNamesLock)
        {
            var old = _nodes[slot].LowerName;
            Volatile.Write(ref _nodes[slot].LowerName, _lowerNames.Add(name));
            if (old != 0) _lowerNames.Remove(old);
        }
    }

    /// <summary>As <see cref="KeepLowerName(int, ReadOnlySpan{byte})"/>, for a node that is not in the table yet: goes into its LowerName.</summary>
    public int KeepLowerName(ReadOnlySpan<byte> name)
    {
        lock (_lowerNamesLock) return _lowerNames.Add(name);
    }

    /// <summary>Takes back a name kept for a node that did not come into the table.</summary>
    public void DropLowerName(int handle)
    {
        if (handle == 0) return;
        lock (_lowerNamesLock) _lowerNames.Remove(handle);
    }

    /// <summary>The name kept by <see cref="KeepLowerName(int, ReadOnlySpan{byte})"/>; false when there is none.</summary>
    public bool TryGetLowerName(int slot, Span<byte> buffer, out int length)
    {
        length = 0;
        if (Volatile.Read(ref _nodes[slot].LowerName) == 0) return false;
        lock (_lowerNamesLock)
        {
            var name = _lowerNames[_nodes[slot].LowerName];
            name.CopyTo(buffer);
            length = name.Length;
            return true;
        }
    }

    /// <summary>All known names of a node: directory and name. Not for the path of a request: it allocates.</summary>
    public List<(int Parent, byte[] Name)> NamesOf(int slot)
    {
        var names = new List<(int, byte[])>();
        EnterAllShards();
        try
        {
            for (var handle = _nodes[slot].FirstName; handle != 0;)
            {
                var shard = _shards[handle & (ShardCount - 1)];
                ref var record = ref shard[handle >> ShardBits];
                names.Add((record.Parent, shard.NameOf(handle >> ShardBits).ToArray()));
                handle = record.NextOfNode;
            }
        }
        finally
        {
            LeaveAllShards();
        }
        return names;
    }

    // Under the locks of the shards concerned and _links: puts `replacement` where `handle` stands in the node's list.
    private void ReplaceInList(int slot, int handle, int replacement)
    {
        ref var link = ref _nodes[slot].FirstName;
        while (link != handle) link = ref _shards[link & (ShardCount - 1)][link >> ShardBits].NextOfNode;
        Volatile.Write(ref link, replacement);
    }

    private void EnterAllShards()
    {
        foreach (var shard in _shards) shard.Lock.Enter();
    }

    private void LeaveAllShards()
    {
        foreach (var shard in _shards) shard.Lock.Exit();
    }
}
