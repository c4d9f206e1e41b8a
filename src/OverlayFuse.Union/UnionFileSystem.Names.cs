using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Names: lookup, forget, readlink.
public sealed partial class UnionFileSystem
{
    public override Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
    {
        entry = default;
        var error = _tree.FindDirectory(parent, out var directory, out _);
        if (error != Errno.None) return error;
        if (name.Length > Tree.MaxName) return Errno.NAMETOOLONG;
        if (name is [(byte)'.']) return LookupSelf(directory, out entry);
        if (name is [(byte)'.', (byte)'.']) return LookupSelf(ParentOf(directory), out entry);

        error = _tree.LookUp(directory, name, count: true, listed: null, out var slot, out var status, out var hasStatus);
        if (error != Errno.None) return error;
        if (slot == 0)
        {
            entry.EntryTimeout = _negativeTimeout;
            return Errno.None;
        }
        if (!hasStatus) return EntryOf(slot, out entry);
        CorrectFresh(slot, ref status);
        entry = EntryOf(slot, status);
        return Errno.None;
    }

    public override void Forget(NodeId node, ulong count)
    {
        if (_tree.Nodes.TryFind(node, out var slot)) _tree.Nodes.Forget(slot, (long)count);
        _housekeeper.Check();
    }

    public override Errno ReadLink(in Request request, NodeId node, Span<byte> buffer, out int length)
    {
        length = 0;
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;
        Span<byte> name = stackalloc byte[Tree.NameSize];
        error = _tree.Enter(slot, name, out var place);
        if (error != Errno.None) return error;
        using (place) return Overrides.ReadLink(_tree.FormAt(place), place.Dir, place.Name, buffer, out length);
    }

    // For those who reach objects by handle (an NFS server): they ask for a directory itself and the one above.
    private Errno LookupSelf(int slot, out Entry entry)
    {
        _tree.Nodes.Remember(slot);
        return EntryOf(slot, out entry);
    }

    private int ParentOf(int slot)
    {
        Span<byte> name = stackalloc byte[Tree.NameSize];
        return _tree.Nodes.TryGetName(slot, name, out _, out var parent) ? parent : NodeTable.Root;
    }

    // A status that the search brought along lacks what only the node knows.
    private void CorrectFresh(int slot, ref FileStatus status) => _tree.Correct(slot, default, ref status);
}
