using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Removes from the upper what means nothing: whiteouts with nothing below, counts of hard links that are all there, and what the
/// form has no use for. Puts whiteouts and opaque marks of other families into the form that is read everywhere.
/// </summary>
/// <param name="tree">Planted after <see cref="Filling"/>: what has become opaque merges with nothing in it.</param>
/// <param name="kernelIndex">Inodes of the upper that kernel overlayfs counts by its own index; their counts are left alone.</param>
internal sealed class Stripping(Tree tree, SettleForm form, HashSet<ulong> kernelIndex, SettleReport report, IProgress<SettleReport>? progress)
{
    private const MarkSet NeedlessWhenPlain = MarkSet.Origin | MarkSet.Impure | MarkSet.Nlink | MarkSet.Uuid | MarkSet.Upper;

    private readonly Stack<int> _waiting = [];
    private int _userMarks;
    private bool _hasFailed;

    private Upper Upper => tree.Upper!;

    /// <summary>All of the upper was seen, and no redirect or metacopy is left in it that kernel overlayfs would misread.</summary>
    public bool NeedsNoFence => !_hasFailed && _userMarks == 0;

    public void Run()
    {
        _waiting.Push(NodeTable.Root);
        while (_waiting.TryPop(out var slot))
        {
            var error = Strip(slot);
            if (error != Errno.None) Fail(slot, [], error);
            tree.Nodes.Forget(slot, 1);
        }
    }

    private Errno Strip(int slot)
    {
        var upper = tree.Directory(slot).Upper!;
        var names = new List<byte[]>();
        var status = default(FileStatus);
        var error = Upper.Change(tree, slot, place => Syscall.StatAt(place.Dir, place.Name, cached: false, out status));
        if (error == Errno.None) error = In(slot, dir => DirectoryNames.Read(dir, names));
        if (error != Errno.None) return error;

        error = StripMarks(slot, status, isRoot: slot == NodeTable.Root);
        if (error != Errno.None) return error; // what says in its place that it is opaque must stay
        var before = report.Removed;
        var isWhole = true;
        foreach (var name in names)
        {
            report.Visited++;
            progress?.Report(report);
            var failed = StripEntry(slot, upper, name, names);
            if (failed == Errno.None) continue;
            isWhole = false;
            Fail(slot, name, failed);
        }

        // Without the mark, whiteouts that are marked files would show as files: it goes when none is left.
        if (upper.HasXattrWhiteouts && isWhole) error = Unmark(slot, Upper.Family, MarkSet.Opaque);

        // The directory of the union does not change by this, so neither do its times.
        if (report.Removed != before) _ = Upper.Change(tree, slot, place => Syscall.UtimensAt(place.Dir, place.Name, status.AccessTime, status.ModifyTime));
        return error;
    }

    private Errno StripEntry(int parent, LayerDirectory upper, byte[] name, List<byte[]> siblings)
    {
        switch (OciNames.Classify(name))
        {
            case OciNameKind.Whiteout:
                return StripOciWhiteout(parent, upper, name, siblings);
            case OciNameKind.OpaqueMarker:
                // Its directory has the mark by now, where there can be one.
                return Upper.Features.Marks is null ? Errno.None : In(parent, dir => Removed(Syscall.UnlinkAt(dir, name)));
            case not OciNameKind.Ordinary:
                return Errno.None;
        }
        var error = LayerProbe.Ask(upper, name, isLast: true, out var entry);
        if (error != Errno.None) return error;
        if (entry.Kind == EntryKind.Absent) return Errno.None;
        if (entry.Kind == EntryKind.Whiteout) return StripWhiteout(parent, name, isDevice: entry.Status.IsWhiteoutDevice);

        error = tree.LookUp(parent, name, count: true, listed: null, out var child, out _, out _);
        if (error != Errno.None || child == 0) return error;
        if (tree.Nodes[child].IsDirectory)
        {
            _waiting.Push(child);
            return Errno.None;
        }
        error = StripMarks(child, entry.Status, isRoot: false);
        tree.Nodes.Forget(child, 1);
        return error;
    }

    private Errno StripWhiteout(int parent, byte[] name, bool isDevice)
    {
        if (tree.Directory(parent).Lowers.Length == 0) return In(parent, dir => Removed(Syscall.UnlinkAt(dir, name)));
        return isDevice ? Errno.None : In(parent, dir => Removed(Upper.PutWhiteoutDevice(dir, name)));
    }

    private Errno StripOciWhiteout(int parent, LayerDirectory upper, byte[] name, List<byte[]> siblings)
    {
        OciNames.IsWhiteout(name, out var span);
        var hidden = span.ToArray();

        // Beside the name itself it only says that nothing below merges with it; what has a redirect looks elsewhere.
        if (siblings.Exists(sibling => sibling.AsSpan().SequenceEqual(hidden)))
        {
            var error = LayerProbe.Ask(upper, hidden, isLast: true, out var entry);
            if (error == Errno.None && entry.Kind == EntryKind.Directory && !entry.Marks.Has(MarkSet.Redirect)) error = In(parent, dir => Upper.SetOpaque(dir, hidden));
            return error != Errno.None ? error : In(parent, dir => Removed(Syscall.UnlinkAt(dir, name)));
        }
        if (tree.Directory(parent).Lowers.Length > 0 && In(parent, dir => Removed(Upper.PutWhiteoutDevice(dir, hidden))) is var failed and not Errno.None) return failed;
        return In(parent, dir => Removed(Syscall.UnlinkAt(dir, name)));
    }

    private Errno StripMarks(int slot, FileStatus status, bool isRoot)
    {
        var marks = default(FoundMarks);
        var error = Upper.Change(tree, slot, place => FoundMarks.Read(place.Dir, place.Name, out marks));
        if (error != Errno.None) return error;

        if (status.IsDirectory && !isRoot && tree.Directory(slot).Lowers.Length == 0) error = StripPure(slot, ref marks);
        foreach (var family in (ReadOnlySpan<MarkFamily>)[MarkFamily.Trusted, MarkFamily.User])
        {
            var found = family == MarkFamily.Trusted ? marks.Trusted : marks.User;
            var needless = form == SettleForm.Plain ? found & NeedlessWhenPlain : MarkSet.None;
            var isCounted = kernelIndex.Contains(status.Inode) || tree.Nodes[slot].Has(NodeFlags.Indexed);
            if (isCounted) needless &= ~MarkSet.Nlink;

            // A file redirects to its bytes only; a count of links is for the index.
            if (!status.IsDirectory && (found & MarkSet.Metacopy) == 0) needless |= found & (MarkSet.Redirect | MarkSet.Partial);
            if (!status.IsDirectory && !isCounted) needless |= found & MarkSet.Nlink;
            foreach (var mark in (ReadOnlySpan<MarkSet>)[MarkSet.Redirect, MarkSet.Partial, MarkSet.Origin, MarkSet.Impure, MarkSet.Nlink, MarkSet.Uuid, MarkSet.Upper])
            {
                if (error == Errno.None && (needless & mark) != 0) error = Unmark(slot, family, mark);
            }
            if (family == MarkFamily.User && (found & ~needless & (MarkSet.Redirect | MarkSet.Metacopy)) != 0) _userMarks++;
        }
        return error;
    }

    // Nothing below merges with it. Whatever says so is said in the mark that this daemon's family reads, and a redirect says nothing more.
    private Errno StripPure(int slot, ref FoundMarks marks)
    {
        var isOpaque = false;
        var family = Upper.Family;
        var isMarked = ((family == MarkFamily.Trusted ? marks.Trusted : marks.User) & MarkSet.Opaque) != 0;
        var hasRedirect = marks.Has(MarkSet.Redirect);
        var error = Upper.Change(tree, slot, place =>
        {
            var failed = LayerProbe.Ask(place.Holder!, place.Name, isLast: false, out var entry);
            isOpaque = entry.IsOpaque;
            if (failed == Errno.None && isOpaque && hasRedirect) return Removed(Upper.MakeOpaque(place.Dir, place.Name));
            return failed == Errno.None && isOpaque && !isMarked ? Upper.SetOpaque(place.Dir, place.Name) : failed;
        });
        if (error == Errno.None && isOpaque) marks = new FoundMarks(marks.Trusted & ~MarkSet.Redirect, marks.User & ~MarkSet.Redirect, marks.FuseOverlayFsOpaque);
        return error;
    }

    private Errno Unmark(int slot, MarkFamily family, MarkSet mark) =>
        Upper.Change(tree, slot, place => Removed(Upper.RemoveMarkAt(place.Dir, place.Name, mark, family)));

    private Errno In(int slot, Func<DirFd, Errno> action) => Upper.Inside(tree, slot, action);

    private Errno Removed(Errno error)
    {
        if (error == Errno.None) report.Removed++;
        return error;
    }

    private void Fail(int directory, ReadOnlySpan<byte> name, Errno error)
    {
        _hasFailed = true;
        report.Add(tree.PathOf(directory, name), SettleSentences.CannotChange(error));
    }
}
