using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// rename: facts are gathered and copies made before any lock, marks set before anything moves, then one step moves it.
public sealed partial class UnionFileSystem
{
    public override Errno Rename(in Request request, NodeId oldParent, ReadOnlySpan<byte> oldName, NodeId newParent, ReadOnlySpan<byte> newName, RenameFlags flags)
    {
        var error = Refuse(newName);
        if (error != Errno.None) return error;
        error = MayMove(oldParent, oldName);
        if (error != Errno.None) return error;
        error = PrepareParent(oldParent, out var fromSlot, out var fromDirectory);
        if (error != Errno.None) return error;
        error = PrepareParent(newParent, out var toSlot, out var toDirectory);
        if (error != Errno.None) return error;

        error = _tree.LookUp(fromSlot, oldName, count: true, listed: null, out var source, out _, out _);
        if (error != Errno.None) return error;
        var target = 0;
        try
        {
            error = _tree.LookUp(toSlot, newName, count: true, listed: null, out target, out _, out _);
            if (error != Errno.None) return error;
            var from = new Side(fromSlot, fromDirectory, oldName, source);
            var to = new Side(toSlot, toDirectory, newName, target);
            error = PlanRename(from, to, flags, out var plan);
            if (error != Errno.None || plan.IsNothing) return error;

            LinkIndexedFirst(source, fromSlot, oldName);
            LinkIndexedFirst(target, toSlot, newName);

            var same = fromSlot == toSlot ? fromDirectory : null;
            error = Mark(source, plan.Source, same);
            if (error == Errno.None && flags == RenameFlags.Exchange) error = Mark(target, plan.Target, same);
            if (error != Errno.None) return error;

            _tree.Locks.EnterWrite(fromSlot, toSlot);
            try
            {
                if (_tree.Nodes.Find(fromSlot, oldName, count: false) != source || _tree.Nodes.Find(toSlot, newName, count: false) != target) return Errno.NOENT;
                return flags == RenameFlags.Exchange ? Exchange(from, to) : Move(from, to, plan.LeavesWhiteout);
            }
            finally
            {
                _tree.Locks.LeaveWrite(fromSlot, toSlot);
            }
        }
        finally
        {
            if (target != 0) _tree.Nodes.Forget(target, 1);
            if (source != 0) _tree.Nodes.Forget(source, 1);
        }
    }

    // Before its directories are copied up for it. The kernel has looked the name up, so the table has it.
    private Errno MayMove(NodeId parent, ReadOnlySpan<byte> name)
    {
        if (_tree.Find(parent, out var directory) != Errno.None) return Errno.STALE;
        var slot = _tree.Nodes.Find(directory, name, count: false);
        return slot == 0 ? Errno.None : _copyUp.MayCopy(slot);
    }

    private Errno PlanRename(in Side from, in Side to, RenameFlags flags, out RenamePlan plan)
    {
        plan = default;
        var error = FactsOf(from, isTarget: false, out var sourceFacts);
        if (error != Errno.None) return error;
        error = FactsOf(to, isTarget: from.Node != to.Node && flags != RenameFlags.Exchange, out var targetFacts);
        if (error != Errno.None) return error;

        plan = RenamePlan.For(sourceFacts, targetFacts, from.Node == to.Node, flags);
        if (plan.Refusal != Errno.None || plan.IsNothing) return plan.Refusal;
        if (_tree.Nodes[from.Node].Has(NodeFlags.Covered) || (to.Node != 0 && _tree.Nodes[to.Node].Has(NodeFlags.Covered))) return Errno.BUSY;

        error = CopyUpForNewName(from.Node);
        if (error == Errno.None && flags == RenameFlags.Exchange) error = CopyUpForNewName(to.Node);
        else if (error == Errno.None && to.Node != 0) error = CopyUpToCount(to.Node);
        return error;
    }

    private Errno FactsOf(in Side side, bool isTarget, out RenameFacts facts)
    {
        facts = default;
        var error = _tree.Search.FindBelow(side.Directory, side.Name, Tree.Scratch);
        if (error != Errno.None) return error;
        var hasBelow = Tree.Scratch.IsFound;
        if (side.Node == 0)
        {
            facts = new RenameFacts(false, FileType.None, false, hasBelow, false);
            return Errno.None;
        }
        var type = _tree.Nodes[side.Node].Type;
        var isEmpty = false;
        if (type == FileType.Directory && isTarget) // only what is to be replaced is listed: a moved directory may be large
        {
            error = IsEmpty(side.Node);
            if (error is not (Errno.None or Errno.NOTEMPTY)) return error;
            isEmpty = error == Errno.None;
        }
        facts = new RenameFacts(true, type, type == FileType.Directory && _tree.Directory(side.Node).Lowers.Length > 0, hasBelow, isEmpty);
        return Errno.None;
    }

    // An object that gets another name must be in the upper, and a metacopy must say where its bytes are: its name no longer does.
    private Errno CopyUpForNewName(int slot)
    {
        var error = _copyUp.Metadata(slot);
        if (error != Errno.None || !_tree.Nodes[slot].Has(NodeFlags.Metacopy)) return error;

        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        error = _tree.EnterData(slot, buffer, out var data);
        if (error != Errno.None) return error;
        byte[]? path;
        using (data)
        {
            if (data.IsUpper) return Errno.None; // completed meanwhile
            _tree.Nodes.KeepLowerName(slot, data.Name);
            error = Syscall.StatAt(data.Dir, data.Name, cached: true, out var status);
            path = error == Errno.None ? RedirectTo(slot, data.Holder!.PathFromRoot(data.Name), data.Holder.Layer, status.Inode) : null;
        }
        return path is null ? _copyUp.Whole(slot) : SetRedirect(slot, path);
    }

    // A redirect is read through the union of the lower layers. Where they have redirects themselves, the path within one layer may lead
    // elsewhere; the path in their union is then tried. Null: neither leads there, or both are too long to write.
    private byte[]? RedirectTo(int slot, byte[] pathInLayer, Layer layer, ulong inode)
    {
        foreach (var path in (ReadOnlySpan<byte[]?>)[pathInLayer, _tree.LowerPath(slot)])
        {
            if (path is { Length: <= RedirectMark.MaxLength } && _tree.Search.LeadsTo(path, layer, inode)) return path;
        }
        return null;
    }

    // Where paths are too long, for an object that stays in its directory: the name that the lower members have it under.
    private byte[]? NameWithin(UnionDirectory? directory, LayerDirectory lower)
    {
        if (directory is null) return null;
        var path = lower.PathFromRoot();
        var name = path[(path.AsSpan().LastIndexOf((byte)'/') + 1)..];
        var found = new SearchResult();
        var leadsThere = _tree.Search.FindBelow(directory, name, found) == Errno.None && found.IsFound
            && found.Where!.Layer == lower.Layer && found.Entry.Status.Inode == lower.Inode;
        return leadsThere ? name : null;
    }

    // `within`: the directory that the object is in before and after; null where it gets another.
    private Errno Mark(int slot, SideMark mark, UnionDirectory? within)
    {
        if (mark == SideMark.None) return Errno.None;
        if (mark == SideMark.Redirect)
        {
            var lower = _tree.Directory(slot).Lowers[0];
            var redirect = RedirectTo(slot, lower.PathFromRoot(), lower.Layer, lower.Inode) ?? NameWithin(within, lower);
            return redirect is null ? Errno.XDEV : SetRedirect(slot, redirect);
        }

        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = _tree.Enter(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place) error = Upper!.SetOpaque(place.Dir, place.Name);
        return error == Errno.ACCES ? Upper.Widened(_tree, slot, gateHeld: false, wide => Upper.SetOpaque(wide.Dir, wide.Name)) : error;
    }

    private Errno SetRedirect(int slot, byte[] path)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = _tree.Enter(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place) error = Upper!.SetRedirect(place.Dir, place.Name, path);
        return error == Errno.ACCES ? Upper.Widened(_tree, slot, gateHeld: false, wide => Upper.SetRedirect(wide.Dir, wide.Name, path)) : error;
    }

    private Errno Move(in Side from, in Side to, bool leaveWhiteout)
    {
        var error = EnterBoth(from, to, out var oldDir, out var newDir);
        if (error != Errno.None) return error;
        var (source, target) = (from.Node, to.Node);
        var mover = new Mover(Upper!, from.Upper, oldDir, to.Upper, newDir);
        var isDirectory = _tree.Nodes[source].IsDirectory;
        error = LinkNames(from, oldDir, to, newDir);
        var moving = PinDirectory(source);
        var wasOrphan = target != 0 && _tree.Nodes[target].Has(NodeFlags.Orphan);
        if (error == Errno.None && target != 0) error = Displace(mover, newDir, to.Name, target);
        if (error == Errno.None)
        {
            error = mover.Move(from.Name, to.Name, isDirectory, leaveWhiteout);
            if (error != Errno.None && target != 0 && !wasOrphan) Replace(target, to, newDir);
        }
        if (error == Errno.None)
        {
            if (target != 0) Unname(to.Parent, to.Directory, to.Name, target);
            if (target != 0 && _tree.Nodes[target].Has(NodeFlags.Indexed)) ReleaseIndexed(target);
            Renamed(from, to);
            _tree.Nodes.MoveName(from.Parent, from.Name, to.Parent, to.Name);
            from.Directory.NameRemoved(from.Name);
            to.Directory.NameAdded(to.Name);
        }
        moving?.Leave();
        LeaveBoth(from, to);
        return error;
    }

    private Errno Exchange(in Side from, in Side to)
    {
        var error = EnterBoth(from, to, out var oldDir, out var newDir);
        if (error != Errno.None) return error;
        error = LinkNames(from, oldDir, to, newDir);
        var (moving, coming) = (PinDirectory(from.Node), PinDirectory(to.Node));
        if (error == Errno.None) error = Syscall.RenameAt2(oldDir, from.Name, newDir, to.Name, RenameFlags.Exchange);
        if (error == Errno.None)
        {
            Renamed(from, to);
            Renamed(to, from);
            _tree.Nodes.ExchangeNames(from.Parent, from.Name, to.Parent, to.Name);
            from.Directory.NameAdded(from.Name);
            to.Directory.NameAdded(to.Name);
        }
        moving?.Leave();
        coming?.Leave();
        LeaveBoth(from, to);
        return error;
    }

    private static Errno EnterBoth(in Side from, in Side to, out DirFd oldDir, out DirFd newDir)
    {
        newDir = DirFd.None;
        var error = from.Upper.Enter(out oldDir);
        if (error != Errno.None) return error;
        error = to.Upper.Enter(out newDir);
        if (error != Errno.None) from.Upper.Leave();
        return error;
    }

    private static void LeaveBoth(in Side from, in Side to)
    {
        to.Upper.Leave();
        from.Upper.Leave();
    }

    // Names that are only found through the index get their links in the upper, so that they can be moved or removed.
    private Errno LinkNames(in Side from, DirFd oldDir, in Side to, DirFd newDir)
    {
        var error = LinkName(from, oldDir);
        return error == Errno.None && to.Node != 0 ? LinkName(to, newDir) : error;
    }

    private Errno LinkName(in Side side, DirFd dir) =>
        _tree.Nodes[side.Node].Has(NodeFlags.Indexed) && !HasUpperName(side.Node, dir, side.Name) ? LinkIndexed(side.Node, dir, side.Name) : Errno.None;

    // While a directory moves, others must not look for it at its old place: they use the descriptor, which follows it.
    private LayerDirectory? PinDirectory(int slot) =>
        _tree.Nodes[slot].State is UnionDirectory { Upper: { } upper } && upper.Enter(out _) == Errno.None ? upper : null;

    // The move failed: what was to be replaced stands where it stood.
    private void Replace(int target, in Side to, DirFd dir)
    {
        Span<byte> buffer = stackalloc byte[Upper.WorkNameSize];
        if (_tree.Nodes[target].Has(NodeFlags.Held)) _files.LetGo(target);
        if (!_tree.Nodes[target].Has(NodeFlags.Orphan)) return;
        var orphan = Upper.OrphanName(_tree.Nodes[target].Id, buffer);
        if (_tree.Nodes[target].IsDirectory)
        {
            var error = Syscall.RenameAt2(Upper!.Work.Orphans, orphan, dir, to.Name, RenameFlags.Exchange);
            if (error == Errno.ACCES) error = Upper.MoveWidened(target, Upper.Work.Orphans, orphan, dir, to.Name, RenameFlags.Exchange, to.Upper.PathFromRoot(to.Name));
            if (error != Errno.None) return;
        }
        _tree.Nodes[target].Clear(NodeFlags.Orphan);
        Upper.RemoveTree(Upper!.Work.Orphans, orphan);
    }

    // The object at the target is replaced: it stays reachable for those who have it open, and nothing of it is left in the directory.
    private Errno Displace(in Mover mover, DirFd dir, ReadOnlySpan<byte> name, int target)
    {
        ref var node = ref _tree.Nodes[target];
        if (!HasUpperName(target, dir, name)) return Errno.None; // the lower object is hidden by what comes
        Span<byte> buffer = stackalloc byte[Upper.WorkNameSize];
        var orphan = Upper.OrphanName(node.Id, buffer);
        if (node.IsDirectory)
        {
            var error = mover.EmptyDirectory(name, target, orphan);
            if (error == Errno.None) node.Set(NodeFlags.Orphan);
            return error;
        }
        if (node.Has(NodeFlags.Indexed | NodeFlags.Orphan) || (node.Has(NodeFlags.Linked) && _tree.Nodes.HasOtherName(target))) return Errno.None;
        if (TryHold(target, dir, name)) return Errno.None;
        var linked = Syscall.LinkAt(dir, name, Upper!.Work.Orphans, orphan);
        if (linked == Errno.None) node.Set(NodeFlags.Orphan);
        return linked;
    }

    // A name that is only found through the index gets its link in the upper, so that it can be moved or removed.
    private Errno LinkIndexed(int slot, DirFd dir, ReadOnlySpan<byte> name) =>
        Upper!.LinkFromIndex(_tree.Nodes[slot].Inode, dir, name);

    // An ordinary user's daemon may have to open the object up to count its links again, for which names must not be locked. What fails is tried once more
    // when they are, and tells then.
    private void LinkIndexedFirst(int slot, int parent, ReadOnlySpan<byte> name)
    {
        if (slot != 0 && !Upper!.Credentials.IsRoot && _tree.Nodes[slot].Has(NodeFlags.Indexed)) _ = _copyUp.LinkIndexed(slot, parent, name);
    }

    private void Renamed(in Side old, in Side now)
    {
        ref var node = ref _tree.Nodes[old.Node];
        if (node.Lower is not null) _tree.Nodes.KeepLowerName(old.Node, old.Name);
        if (node.State is UnionDirectory { Upper: { } moved }) moved.MovedTo(now.Upper, now.Name);
    }

    // A name of a rename, old or new: the node of its directory, the directory, which is in the upper, and the node that has the name (0: none).
    private readonly ref struct Side(int parent, UnionDirectory directory, ReadOnlySpan<byte> name, int node)
    {
        public int Parent { get; } = parent;

        public UnionDirectory Directory { get; } = directory;

        public ReadOnlySpan<byte> Name { get; } = name;

        public int Node { get; } = node;

        public LayerDirectory Upper => Directory.Upper!;
    }
}
