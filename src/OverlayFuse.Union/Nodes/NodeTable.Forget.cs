namespace OverlayFuse.Union;

// Nodes that leave.
internal sealed partial class NodeTable
{
    /// <summary>The kernel drops <paramref name="count"/> lookups; a node that nobody needs leaves the table, and so may its directory.</summary>
    public void Forget(int slot, long count)
    {
        if (slot == Root) return;
        var id = _nodes[slot].Id;
        if (Interlocked.Add(ref _nodes[slot].Lookups, -count) <= 0) RemoveUnneeded(slot, id);
    }

    private void RemoveUnneeded(int slot, ulong id)
    {
        while (slot > Root && TryRemove(slot, id, out var parent, out var more))
        {
            foreach (var other in more) Release(other);
            if (parent == 0) return;
            (slot, id) = (parent, _nodes[parent].Id);
            Interlocked.Decrement(ref _nodes[parent].References);
        }
    }

    private void Release(int parent)
    {
        var id = _nodes[parent].Id;
        Interlocked.Decrement(ref _nodes[parent].References);
        RemoveUnneeded(parent, id);
    }

    // The id tells whether somebody else has removed the node in the meantime.
    private bool TryRemove(int slot, ulong id, out int parent, out List<int> more)
    {
        more = NoParents;
        parent = 0;
        Node gone;
        while (true)
        {
            var handle = Volatile.Read(ref _nodes[slot].FirstName);
            if (_nodes[slot].Has(NodeFlags.Linked)) return TryRemoveLinked(slot, id, out parent, out more);
            if (handle == 0)
            {
                // Nothing leads to it any more but the kernel, which has just forgotten it.
                lock (_slots)
                {
                    if (IsNeeded(slot, id)) return false;
                    gone = TakeOut(slot);
                }
                break;
            }

            var shard = _shards[handle & (ShardCount - 1)];
            lock (shard.Lock)
            {
                if (Volatile.Read(ref _nodes[slot].FirstName) != handle || _nodes[slot].Has(NodeFlags.Linked)) continue;
                if (IsNeeded(slot, id)) return false;
                parent = shard[handle >> ShardBits].Parent;
                shard.Remove(handle >> ShardBits);
                gone = TakeOut(slot);
                break;
            }
        }
        Free(slot, gone);
        return true;
    }

    private bool TryRemoveLinked(int slot, ulong id, out int parent, out List<int> more)
    {
        parent = 0;
        more = NoParents;
        Node gone;
        EnterAllShards();
        try
        {
            if (IsNeeded(slot, id)) return false;
            for (var handle = _nodes[slot].FirstName; handle != 0;)
            {
                var shard = _shards[handle & (ShardCount - 1)];
                var next = shard[handle >> ShardBits].NextOfNode;
                if (parent == 0) parent = shard[handle >> ShardBits].Parent;
                else
                {
                    if (more == NoParents) more = [];
                    more.Add(shard[handle >> ShardBits].Parent);
                }
                shard.Remove(handle >> ShardBits);
                handle = next;
            }
            gone = TakeOut(slot);
            lock (_links)
            {
                if (_byInode.TryGetValue(gone.Inode, out var known) && known == slot) _byInode.Remove(gone.Inode);
                if (_byInode.Count == 0) _byInode.TrimExcess();
            }
        }
        finally
        {
            LeaveAllShards();
        }
        Free(slot, gone);
        return true;
    }

    // Under the lock that a node is removed by: that of its name, or _slots where it has none. Who comes after it to the other one must not find the
    // node still there, so the id goes before the name. A slot that is freed twice would be given to two nodes.
    private Node TakeOut(int slot)
    {
        var gone = _nodes[slot];
        Volatile.Write(ref _nodes[slot].Id, 0);
        Volatile.Write(ref _nodes[slot].FirstName, 0);
        return gone;
    }

    private bool IsNeeded(int slot, ulong id) =>
        Volatile.Read(ref _nodes[slot].Id) != id || Volatile.Read(ref _nodes[slot].Lookups) > 0 || Volatile.Read(ref _nodes[slot].References) > 0;

    private void Free(int slot, in Node gone)
    {
        DropLowerName(gone.LowerName);
        lock (_slots) _nodes.Free(slot);
        _removed(gone);
    }

    private static readonly List<int> NoParents = [];
}
