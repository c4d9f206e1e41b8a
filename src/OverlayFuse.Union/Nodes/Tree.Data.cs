using System.Collections.Concurrent;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Where the bytes of metacopies are.
internal sealed partial class Tree
{
    private readonly ConcurrentDictionary<ulong, (LayerDirectory Where, byte[] Name)> _dataElsewhere = [];

    /// <summary>
    /// Looks, once, whether a lower file is a metacopy, and if so for its bytes further below. Whatever is wrong with the marks shows
    /// when the bytes are asked for.
    /// </summary>
    /// <returns>Why it could not be looked, if that passes: its own bytes must not be taken for those of a metacopy meanwhile.</returns>
    public Errno LearnData(int slot)
    {
        ref var node = ref Nodes[slot];
        if (node.Has(NodeFlags.DataKnown | NodeFlags.Upper) || node.Type != FileType.Regular || node.Lower is not { } lower) return Errno.None;
        Span<byte> name = stackalloc byte[NameSize];
        if (!Nodes.TryGetName(slot, name, out var length, out var parent)) return Errno.None;
        if (Nodes.TryGetLowerName(slot, name, out var lowerLength)) length = lowerLength; // of several names, the one found in `lower`
        var error = Search.MarksOf(lower, name[..length], out var marks);
        if (error != Errno.None) return Search.Passes(error) ? error : Errno.None;
        if (marks.Has(MarkSet.Metacopy))
        {
            error = Search.FindData(Directory(parent), name[..length], lower, marks, out var where, out var dataName);
            if (Search.Passes(error)) return error;
            _dataElsewhere[node.Id] = error == Errno.None ? (where!, dataName) : (null!, []);
            node.Set(NodeFlags.DataElsewhere);
        }
        node.Set(NodeFlags.DataKnown);
        return Errno.None;
    }

    /// <summary>Whether a lower file is a metacopy whose bytes no layer has.</summary>
    public bool LacksData(int slot)
    {
        _ = LearnData(slot); // who goes on asks again
        return Nodes[slot].Has(NodeFlags.DataElsewhere) && !Nodes[slot].IsUpper && DataOf(slot).Where is null;
    }

    /// <summary>The place of the bytes of a lower file, to be kept when its metadata is copied up.</summary>
    public (LayerDirectory? Where, byte[]? Name) DataOf(int slot)
    {
        if (Nodes[slot].Has(NodeFlags.DataElsewhere))
        {
            if (_dataElsewhere.TryGetValue(Nodes[slot].Id, out var place)) return place;
            if (Nodes[slot].Has(NodeFlags.DataElsewhere)) return default; // else it was copied up meanwhile: the flag goes before the entry
        }
        return (Nodes[slot].Lower, null);
    }

    /// <summary>The copy is in the upper; its bytes, if still below, are found by the node itself from now on.</summary>
    public void CopiedUp(int slot, NodeFlags flags, LayerDirectory? data, byte[]? dataName)
    {
        // The flags first: a reader between the steps finds the metadata in the upper and the bytes where they were.
        ref var node = ref Nodes[slot];
        node.Set(flags | NodeFlags.DataKnown);
        if ((flags & NodeFlags.Partial) != 0) BecamePartial(slot);
        if (dataName is not null) Nodes.ReplaceLowerName(slot, dataName);
        if (data is not null) node.Lower = data;
        node.Clear(NodeFlags.DataElsewhere | NodeFlags.Removed);
        _dataElsewhere.TryRemove(node.Id, out _);
    }

    /// <summary>A file has some of its bytes in the upper from now on. Its node is known to the kernel.</summary>
    public void BecamePartial(int slot)
    {
        Nodes[slot].Set(NodeFlags.Partial);
        PartialWatch?.Invoke(slot);
    }

    // AGAIN: it was copied up meanwhile.
    private Errno EnterElsewhere(int slot, out Place place)
    {
        place = default;
        if (!_dataElsewhere.TryGetValue(Nodes[slot].Id, out var data)) return Nodes[slot].Has(NodeFlags.DataElsewhere) ? Errno.STALE : Errno.AGAIN;
        if (data.Where is null) return Errno.IO; // a metacopy without its data
        var error = data.Where.Enter(out var dir);
        if (error == Errno.None) place = new Place(dir, data.Name, isUpper: false, data.Where);
        return error;
    }
}
