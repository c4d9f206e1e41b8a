using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Files that come up block by block: how they begin, and how they become whole.
internal sealed partial class CopyUp
{
    /// <summary>Makes sure that all bytes of a file are in the upper.</summary>
    /// <param name="slot">The file.</param>
    /// <param name="isHeard">Somebody is told what this returns, and with it what syncs in the background have met.</param>
    public Errno Whole(int slot, bool isHeard = true)
    {
        while (true)
        {
            var error = tree.Nodes[slot].Has(NodeFlags.Partial) ? Complete(slot, isHeard) : File(slot, CopyUpReason.Whole, default, out _);
            if (error != Errno.AGAIN) return error;
        }
    }

    // A new object. What can share its blocks with the lower file is whole at once.
    private Errno BeginPartial(int slot, Fd upper, ulong length, out bool isPartial)
    {
        isPartial = false;
        var error = OpenData(slot, out var lower, out var layer);
        if (error != Errno.None) return error;
        if (Syscall.Stat(lower, out var data) == Errno.None && length == data.Size && Syscall.Clone(lower, upper) == Errno.None)
        {
            lower.Close();
            return Upper.SyncData(upper);
        }
        error = Syscall.Truncate(upper, (long)length);
        if (error == Errno.None) error = Upper.SetMetacopy(upper);
        if (error == Errno.None) error = MakeMap(slot, upper, lower, layer, length, gated: false);
        lower.Close();
        isPartial = error == Errno.None;
        return error;
    }

    // A metacopy that is written. False in `isPartial`: it comes up whole, as before.
    private Errno ExtendMetacopy(int slot, Fd upper, in FileStatus status, CopyUpReason reason, in Truncation change, out bool isPartial)
    {
        isPartial = false;
        var bytes = reason == CopyUpReason.Truncate ? Math.Min(change.Length, status.Size) : status.Size;
        if (reason == CopyUpReason.Whole || bytes <= Upper.Partial.WholeUpTo || status.LinkCount > 1 || tree.Nodes[slot].Has(NodeFlags.Indexed)) return Errno.None;

        var error = OpenData(slot, out var lower, out var layer);
        if (error != Errno.None) return error;
        error = Syscall.Stat(lower, out var data);
        if (error == Errno.None && data.Size == status.Size && Syscall.Clone(lower, upper) != Errno.None)
        {
            error = MakeMap(slot, upper, lower, layer, status.Size, gated: true);
            isPartial = error == Errno.None;
        }
        lower.Close();
        if (!isPartial) return error;
        Upper.Counters.CountPartial();
        tree.Nodes[slot].Set(NodeFlags.CopyUnsynced);
        tree.BecamePartial(slot);
        return error;
    }

    // The map first: a mark without its map would be a file that nobody can read.
    private Errno MakeMap(int slot, Fd upper, Fd lower, int layer, ulong limit, bool gated)
    {
        var error = Syscall.Stat(lower, out var status);
        if (error == Errno.None && status.Size < limit) error = Errno.IO; // changed since it was looked at
        if (error == Errno.None) error = Upper.SyncLayerNumbers();
        var mark = default(PartialMark);
        if (error == Errno.None) error = Upper.Work.PartialMaps.Create(Fingerprint.Of(layer, status), limit, out mark);
        if (error != Errno.None) return error;
        error = Upper.SetPartial(upper, mark);
        if (error == Errno.ACCES && gated) error = Upper.WidenedFile(tree, slot, gateHeld: true, file => Upper.SetPartial(file, mark));
        if (error != Errno.None) Upper.Work.PartialMaps.Remove(mark);
        return error;
    }

    private Errno OpenData(int slot, out Fd lower, out int layer)
    {
        (lower, layer) = (Fd.None, 0);
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = tree.EnterData(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place)
        {
            layer = place.Holder!.Layer.Number;
            return OpenFiles.OpenAt(place, write: false, out lower);
        }
    }

    // AGAIN: it is not partial any more.
    private Errno Complete(int slot, bool isHeard)
    {
        var error = files.Enter(slot, write: true, out var file);
        if (error != Errno.None) return error;
        if (file.Partial is { } partial)
        {
            while (error == Errno.None && !partial.IsComplete) error = FillMore(file);
            if (error == Errno.None && Upper.Durability != Durability.Volatile) error = partial.SyncWhole(isHeard);
            if (error == Errno.None) error = Release(slot, file.Fd, syncs: Upper.Durability != Durability.Volatile);
        }
        file.Leave();
        return error == Errno.None ? Errno.AGAIN : error;
    }

    /// <summary>Brings up the next blocks of a partial file. Nobody has written it: its times, and what a write takes away, stay.</summary>
    public static Errno FillMore(OpenFile file)
    {
        file.BeginWriteback();
        var error = file.Partial!.FillMore();
        file.EndWriteback();
        return error;
    }

    /// <summary>
    /// Takes the metacopy mark off a partial file whose bytes are all above and on disk. It is partial still, until the file system was synced and
    /// <see cref="Release"/> is called.
    /// </summary>
    public Errno Unmark(int slot, Fd file)
    {
        tree.Gate.Enter(slot);
        var error = tree.Nodes[slot].Has(NodeFlags.Partial) ? ClearMetacopy(slot, file) : Errno.None;
        tree.Gate.Leave(slot);
        return error;
    }

    /// <summary>
    /// A partial file has all its bytes above and on disk, and becomes plain. The metacopy mark goes first and commits: without it the file is plain,
    /// whatever else is left of this.
    /// </summary>
    /// <param name="syncs">False: nothing is to be synced, or the mark is gone from the disk already.</param>
    public Errno Release(int slot, Fd file, bool syncs)
    {
        tree.Gate.Enter(slot);
        try
        {
            if (!tree.Nodes[slot].Has(NodeFlags.Partial)) return Errno.None;
            var error = ClearMetacopy(slot, file);

            // A mark that comes back with a loss of power must find its map; and until it cannot, a sync of the file goes by the map.
            if (error == Errno.None && syncs) error = Syscall.FSync(file);
            if (error != Errno.None) return error;
            tree.Nodes[slot].Clear(NodeFlags.Metacopy | NodeFlags.Partial);
            if (Upper.DropPartial(file) == Errno.ACCES) _ = Upper.WidenedFile(tree, slot, gateHeld: true, Upper.DropPartial); // what is left means nothing
            return Errno.None;
        }
        finally
        {
            tree.Gate.Leave(slot);
        }
    }
}
