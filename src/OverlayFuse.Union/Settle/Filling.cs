using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Brings into the upper what only marks lead to: the bytes of metacopies, and the trees of moved directories. It is nothing but
/// copy-up, name by name, so the union is the same after every step; only when a tree is whole its redirect is taken away.
/// </summary>
/// <param name="form">Null: nothing but what is partial.</param>
internal sealed class Filling(Tree tree, CopyUp copyUp, SettleForm? form, SettleReport report, IProgress<SettleReport>? progress)
{
    private readonly Stack<(int Slot, MovedDirectory? Inside)> _waiting = [];
    private readonly Stack<MovedDirectory> _moved = [];

    private Upper Upper => tree.Upper!;

    /// <summary>Copies. Afterwards the upper must be on disk before <see cref="Close"/>.</summary>
    public void Run()
    {
        _waiting.Push((NodeTable.Root, null));
        while (_waiting.TryPop(out var next))
        {
            var error = Fill(next.Slot, next.Inside);
            if (error != Errno.None) Fail(next.Slot, [], error, next.Inside);
            if (next.Inside?.Slot != next.Slot) tree.Nodes.Forget(next.Slot, 1);
        }
    }

    /// <summary>Takes the redirects of the trees that are whole, innermost first: opaque before, so that nothing is seen to change.</summary>
    public void Close()
    {
        while (_moved.TryPop(out var moved))
        {
            if (!moved.HasFailed)
            {
                var error = MakeWhiteoutDevices(moved.Slot);
                if (error == Errno.None) error = Upper.Change(tree, moved.Slot, place => Upper.MakeOpaque(place.Dir, place.Name));
                if (error == Errno.None) report.Directories++;
                else Fail(moved.Slot, [], error, moved);
            }
            tree.Nodes.Forget(moved.Slot, 1);
        }
    }

    /// <summary>Gives a file of the upper its bytes if this form wants them.</summary>
    public Errno Complete(int slot)
    {
        if (!tree.Nodes[slot].Has(NodeFlags.Metacopy)) return Errno.None;
        var isAffected = false;
        var error = Upper.Change(tree, slot, place =>
        {
            var failed = FoundMarks.Read(place.Dir, place.Name, out var marks);
            isAffected = IsAffected(marks, MarkSet.Metacopy);
            return failed;
        });
        if (error != Errno.None || (!isAffected && !tree.Nodes[slot].Has(NodeFlags.Partial))) return error;
        error = copyUp.Whole(slot);
        if (error == Errno.None) report.Files++;
        return error;
    }

    // The mark of an opaque directory replaces the one that says that marked files in it are whiteouts.
    private Errno MakeWhiteoutDevices(int slot)
    {
        var upper = tree.Directory(slot).Upper!;
        return !upper.HasXattrWhiteouts ? Errno.None : Upper.Inside(tree, slot, dir =>
        {
            var names = new List<byte[]>();
            var error = DirectoryNames.Read(dir, names);
            foreach (var name in names)
            {
                var failed = LayerProbe.Ask(upper, name, isLast: true, out var entry);
                if (failed == Errno.None && entry.Kind == EntryKind.Whiteout && !entry.Status.IsWhiteoutDevice) failed = Upper.PutWhiteoutDevice(dir, name);
                if (failed != Errno.None) error = failed;
            }
            return error;
        });
    }

    private Errno Fill(int slot, MovedDirectory? inside)
    {
        var directory = tree.Directory(slot);

        // Where nothing has moved, what is below stays below: only the names of the upper count.
        var shown = inside is null ? new UnionDirectory(directory.Upper, []) : directory;
        var error = ListingBuilder.Build(shown, tree.Inodes, out var listing);
        for (var i = 0; error == Errno.None && i < listing!.Count; i++)
        {
            report.Visited++;
            progress?.Report(report);
            var name = listing.Name(i);
            var failed = tree.LookUp(slot, name, count: true, listed: null, out var child, out _, out _);
            if (failed == Errno.None && child != 0 && inside is null && tree.Nodes[child].Has(NodeFlags.Covered)) failed = Errno.BUSY; // what it hides was not seen
            if (failed == Errno.None && child != 0) failed = FillEntry(slot, child, name, inside);
            if (failed != Errno.None) Fail(slot, name, failed, inside);
        }
        return error;
    }

    private Errno FillEntry(int parent, int child, ReadOnlySpan<byte> name, MovedDirectory? inside)
    {
        if (tree.Nodes[child].IsDirectory) return FillDirectory(child, inside);
        var error = inside is null ? Complete(child) : BringUp(parent, child, name);
        tree.Nodes.Forget(child, 1);
        return error;
    }

    private Errno FillDirectory(int slot, MovedDirectory? inside)
    {
        var error = inside is null ? Errno.None : copyUp.Directory(slot);
        var marks = default(FoundMarks);
        if (error == Errno.None) error = Upper.Change(tree, slot, place => FoundMarks.Read(place.Dir, place.Name, out marks));
        if (error != Errno.None)
        {
            tree.Nodes.Forget(slot, 1);
            return error;
        }
        if (IsAffected(marks, MarkSet.Redirect))
        {
            inside = new MovedDirectory(slot, inside);
            _moved.Push(inside);
        }
        _waiting.Push((slot, inside));
        return Errno.None;
    }

    // With all its bytes, whatever the form: in the moved tree nothing may lead below any more.
    private Errno BringUp(int parent, int slot, ReadOnlySpan<byte> name)
    {
        var isWhole = tree.Nodes[slot].IsUpper && !tree.Nodes[slot].Has(NodeFlags.Metacopy);
        var error = tree.Nodes[slot].Type == FileType.Regular ? copyUp.Whole(slot) : copyUp.Metadata(slot);
        if (error == Errno.None && !isWhole) report.Files++;
        return error == Errno.None && tree.Nodes[slot].Has(NodeFlags.Indexed) ? copyUp.LinkIndexed(slot, parent, name) : error;
    }

    // Trusted redirects and metacopies are the kernel's own; those in user marks it takes for something that it must not follow.
    private bool IsAffected(FoundMarks marks, MarkSet mark) =>
        form is { } readBy && (readBy == SettleForm.Plain ? marks.Has(mark) : (marks.User & mark) != 0);

    private void Fail(int directory, ReadOnlySpan<byte> name, Errno error, MovedDirectory? inside)
    {
        inside?.Fail();
        report.Add(tree.PathOf(directory, name), SettleSentences.CannotCopy(error));
    }
}
