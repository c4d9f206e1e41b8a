using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Walks the upper, and only that: the cost is what was changed, not what there is. A lower directory is listed only where the upper
/// hides one of the same name.
/// </summary>
/// <remarks>Depth first, names of a directory in the order of their bytes; by a stack of its own, since a tree may be deeper than a thread's.</remarks>
/// <param name="isCopy">The upper is a copy of all that the lower layers show, changed since: then all of it is compared.</param>
internal sealed class ChangeWalk(LayerView view, List<Change> changes, bool isCopy = false)
{
    private readonly Stack<Visit> _open = [];
    private readonly InodeMap _inodes = new(new InodeNumbers(), null);

    public Errno Run()
    {
        var lowers = view.Layers.Skip(1).Select(layer => layer.Root).ToArray();
        var error = Open([], view.Layers[0].Root, isCopy ? [] : lowers, lowers, merges: !isCopy, timeChangedAt: null);
        while (error == Errno.None && _open.TryPeek(out var visit))
        {
            if (visit.Names.TryDequeue(out var name)) error = Compare(visit, name);
            else End(_open.Pop());
            if (error is Errno.NOENT or Errno.NOTDIR or Errno.LOOP) error = Errno.None; // it went away, or became another thing, while we walked
        }
        while (_open.TryPop(out var visit)) Close(visit);
        return error;
    }

    // What came or went in a directory changes its time: that alone says nothing new.
    private void End(Visit visit)
    {
        if (visit is { TimeChangedAt: { } at, HasChanges: false }) changes.Insert(at, new Change(ChangeKind.Modified, visit.Path, ChangeReason.Time, null));
        Close(visit);
    }

    private static void Close(Visit visit) => visit.Upper.Close();

    private Errno Compare(Visit visit, byte[] name)
    {
        var path = UnionPath.Join(visit.Path, name);
        var error = LayerProbe.Ask(visit.Upper, name, isLast: false, out var entry);
        if (error != Errno.None || entry.IsCovered) return error;

        var below = new SearchResult();
        error = view.Search.FindIn(visit.Compared, name, below);
        if (error != Errno.None) return error;
        if (entry.Kind is EntryKind.Absent or EntryKind.Whiteout && visit.Hidden.Contains(name)) entry.Kind = EntryKind.Whiteout; // nothing of it shows here

        var whole = new SearchResult();
        if (entry.Kind == EntryKind.Directory && !isCopy) error = view.Search.FindIn([visit.Upper, .. visit.Members], name, whole);
        if (error != Errno.None) return error;
        LayerDirectory[] members = isCopy ? [] : [.. whole.Members.Skip(1)];

        var hasOtherAttributes = false;
        var isDirectory = entry.Kind == EntryKind.Directory;
        if (entry.Kind == below.Entry.Kind && (isDirectory || (isCopy && below.IsFound))) error = CompareAttributes(visit, name, entry, below, out hasOtherAttributes);
        if (error != Errno.None) return error;

        var from = MovedFrom(visit, name, entry, members, below);
        var plan = ChangePlan.For(new ChangeFacts
        {
            Upper = entry.Kind,
            Below = below.Entry.Kind,
            HasMembers = members.Length > 0,
            IsOpaque = entry.IsOpaque,
            IsMoved = from is not null,
            IsMetacopy = entry.Kind == EntryKind.File && entry.Marks.Has(MarkSet.Metacopy) && !entry.Marks.Has(MarkSet.Partial),
            HasOtherAttributes = hasOtherAttributes,
            HasOtherTime = below.IsFound && !IsSameTime(below.Entry.Status.ModifyTime, entry.Status.ModifyTime),
            IsOtherType = below.IsFound && below.Entry.Status.Type != entry.Status.Type,
            IsSame = isCopy && below.IsFound && !hasOtherAttributes && LooksSame(entry.Status, below.Entry.Status),
        });
        if (plan.Kind is { } kind && plan.Reason != ChangeReason.Time)
        {
            visit.HasChanges = true;
            changes.Add(new Change(kind, path, ReasonOf(plan, visit), plan.Reason == ChangeReason.Moved ? from : null));
        }
        if (entry.Kind != EntryKind.Directory) return Errno.None;

        LayerDirectory[] compared = plan.Against switch
        {
            ComparedWith.Members => members,
            ComparedWith.Hidden => [.. below.Members],
            _ => [],
        };
        return Open(path, visit.Upper.Child(name, entry.Status, entry.HasXattrWhiteouts), members, compared, merges: plan.Against != ComparedWith.Hidden,
            timeChangedAt: plan.Reason == ChangeReason.Time && plan.Kind is not null ? changes.Count : null);
    }

    private static Errno CompareAttributes(Visit visit, byte[] name, in LayerEntry entry, SearchResult below, out bool areOther)
    {
        areOther = (below.Entry.Status.Mode, below.Entry.Status.Uid, below.Entry.Status.Gid) != (entry.Status.Mode, entry.Status.Uid, entry.Status.Gid);
        if (areOther) return Errno.None;
        var isDirectory = entry.Kind == EntryKind.Directory;
        var lower = isDirectory ? below.Members[0] : below.Where!;
        var error = visit.Upper.Enter(out var dir);
        if (error != Errno.None) return error;
        error = lower.Enter(out var lowerDir);
        if (error == Errno.None)
        {
            error = XattrCopy.Compare(dir, name, visit.Upper.Layer.Overrides, lowerDir, isDirectory ? "."u8 : name, lower.Layer.Overrides, out var areSame);
            areOther = !areSame;
            lower.Leave();
        }
        visit.Upper.Leave();
        return error;
    }

    // As a copy is told by others too (rsync(1)): with the same length and time the bytes are the same.
    private static bool LooksSame(in FileStatus upper, in FileStatus lower) =>
        (upper.Mode, upper.Size, upper.RdevMajor, upper.RdevMinor) == (lower.Mode, lower.Size, lower.RdevMajor, lower.RdevMinor) && IsSameTime(lower.ModifyTime, upper.ModifyTime);

    // A copy, and some file systems, keep whole seconds. A layer made from an archive has them too: what was written there since has others.
    private static bool IsSameTime(Timestamp lower, Timestamp upper) => upper == lower || (upper.Seconds == lower.Seconds && upper.Nanoseconds == 0);

    // Under an opaque directory a name is gone even without a whiteout for it.
    private static ChangeReason ReasonOf(in ChangePlan plan, Visit visit) =>
        plan.Reason == ChangeReason.Whiteout && !visit.Merges ? ChangeReason.InOpaque : plan.Reason;

    // Where the lower layers have what a redirect leads to; null where that is what they have under this name anyway.
    private byte[]? MovedFrom(Visit visit, byte[] name, in LayerEntry entry, LayerDirectory[] members, SearchResult below)
    {
        if (!entry.Marks.Has(MarkSet.Redirect)) return null;
        if (entry.Kind == EntryKind.Directory)
        {
            if (members is not [var first, ..]) return null;
            var isHere = below.Members is [var same, ..] && same.Layer == first.Layer && same.Inode == first.Inode;
            return isHere ? null : first.PathFromRoot();
        }
        if (!entry.Marks.Has(MarkSet.Metacopy)) return null;
        var directory = new UnionDirectory(visit.Upper, visit.Members);
        if (view.Search.FindData(directory, name, visit.Upper, entry.Marks, out var where, out var dataName) != Errno.None) return null;
        var path = where!.PathFromRoot(dataName);
        return below.IsFound && below.Where!.Layer == where.Layer && path.AsSpan().SequenceEqual(below.Where.PathFromRoot(name)) ? null : path;
    }

    private Errno Open(byte[] path, LayerDirectory upper, LayerDirectory[] members, LayerDirectory[] compared, bool merges, int? timeChangedAt)
    {
        var names = new SortedSet<byte[]>(ByteOrder.Instance);
        var error = ReadNames(upper, names);
        var hidden = new HashSet<byte[]>(ByteOrder.Instance);
        if (error == Errno.None && !merges && compared.Length > 0) error = ReadShown(compared, hidden);
        names.UnionWith(hidden);
        if (error != Errno.None) upper.Close();
        else _open.Push(new Visit(path, upper, members, compared, merges, hidden, new Queue<byte[]>(names)) { TimeChangedAt = timeChangedAt });
        return error;
    }

    // An OCI whiteout stands for the name that it hides.
    private static Errno ReadNames(LayerDirectory upper, SortedSet<byte[]> names)
    {
        var error = upper.Enter(out var dir);
        if (error != Errno.None) return error;
        error = DirectoryReader.Open(dir, out var reader);
        if (error == Errno.None)
        {
            using (reader)
            {
                while (reader.MoveNext())
                {
                    var name = reader.Entry.Name;
                    if (OciNames.IsWhiteout(name, out var hidden)) names.Add(hidden.ToArray());
                    else if (OciNames.Classify(name) == OciNameKind.Ordinary) names.Add(name.ToArray());
                }
                error = reader.Error;
            }
        }
        upper.Leave();
        return error;
    }

    // The names that a lower directory would show.
    private Errno ReadShown(LayerDirectory[] members, HashSet<byte[]> names)
    {
        var error = ListingBuilder.Build(new UnionDirectory(null, members), _inodes, out var listing);
        for (var i = 0; error == Errno.None && i < listing!.Count; i++) names.Add(listing.Name(i).ToArray());
        return error;
    }

    /// <summary>A directory of the upper that is being compared.</summary>
    /// <param name="Members">The lower directories it merges with.</param>
    /// <param name="Compared">The lower directories that its names are compared with.</param>
    /// <param name="Hidden">What those show and this directory hides, unless it has the same.</param>
    /// <param name="Names">The names that are left to compare.</param>
    private sealed record Visit(byte[] Path, LayerDirectory Upper, LayerDirectory[] Members, LayerDirectory[] Compared, bool Merges, HashSet<byte[]> Hidden, Queue<byte[]> Names)
    {
        /// <summary>Where among the changes it would stand, if only its time is another.</summary>
        public int? TimeChangedAt { get; init; }

        /// <summary>Something in it, not deeper, is a change.</summary>
        public bool HasChanges { get; set; }
    }
}
