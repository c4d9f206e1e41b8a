using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Names that go: unlink, rmdir.
public sealed partial class UnionFileSystem
{
    public override Errno Unlink(in Request request, NodeId parent, ReadOnlySpan<byte> name) => Remove(parent, name, isDirectory: false);

    public override Errno Rmdir(in Request request, NodeId parent, ReadOnlySpan<byte> name) => Remove(parent, name, isDirectory: true);

    private Errno Remove(NodeId parentId, ReadOnlySpan<byte> name, bool isDirectory)
    {
        var error = _tree.FindDirectory(parentId, out var parent, out _);
        if (error != Errno.None) return error;
        error = _tree.LookUp(parent, name, count: true, listed: null, out var victim, out _, out _);
        if (error != Errno.None) return error;
        if (victim == 0) return Errno.NOENT;
        try
        {
            error = MayRemove(victim, isDirectory); // before anything is copied up for it
            if (error != Errno.None) return error;

            error = PrepareParent(parentId, out parent, out var directory);
            if (error != Errno.None) return error;

            error = CopyUpToCount(victim);
            if (error != Errno.None) return error;
            LinkIndexedFirst(victim, parent, name);

            _tree.Locks.EnterWrite(parent);
            try
            {
                return _tree.Nodes.Find(parent, name, count: false) == victim ? RemoveName(parent, directory, name, victim) : Errno.NOENT;
            }
            finally
            {
                _tree.Locks.LeaveWrite(parent);
            }
        }
        finally
        {
            _tree.Nodes.Forget(victim, 1);
        }
    }

    // One of several names of a lower file goes: the copy in the index goes on counting the others.
    private Errno CopyUpToCount(int victim)
    {
        ref var node = ref _tree.Nodes[victim];
        return node.Has(NodeFlags.Linked) && !node.IsUpper && _tree.KeepsLinks(node.Type) ? _copyUp.Metadata(victim) : Errno.None;
    }

    private Errno MayRemove(int victim, bool isDirectory)
    {
        ref var node = ref _tree.Nodes[victim];
        if (node.IsDirectory != isDirectory) return isDirectory ? Errno.NOTDIR : Errno.ISDIR;
        if (node.Has(NodeFlags.Covered)) return Errno.BUSY;
        return isDirectory ? IsEmpty(victim) : Errno.None;
    }

    private Errno IsEmpty(int slot)
    {
        var directory = _tree.Directory(slot);
        var error = ReadNames(slot, directory, isForBeginner: true, out var listing); // readable or not: it is removed by whoever may write the one above it
        if (error != Errno.None) return error;
        for (var i = 0; i < listing.Count; i++)
        {
            if (!listing.IsRemoved(i)) return Errno.NOTEMPTY;
        }
        return Errno.None;
    }

    // Under the write lock of the directory's names.
    private Errno RemoveName(int parent, UnionDirectory directory, ReadOnlySpan<byte> name, int victim)
    {
        var error = _tree.Search.FindBelow(directory, name, Tree.Scratch);
        if (error != Errno.None) return error;
        var hasBelow = Tree.Scratch.IsFound;
        var holder = directory.Upper!;
        error = holder.Enter(out var dir);
        if (error != Errno.None) return error;
        try
        {
            var hasUpper = HasUpperName(victim, dir, name);
            if (!hasUpper && _tree.Nodes[victim].Has(NodeFlags.Indexed))
            {
                error = LinkIndexed(victim, dir, name); // so that name and count go in one step
                if (error != Errno.None) return error;
                hasUpper = true;
            }
            error = Carry(RemovePlan.For(hasUpper, hasBelow), holder, dir, name, victim);
            if (error != Errno.None) return error;
            Unname(parent, directory, name, victim);
            if (_tree.Nodes[victim].Has(NodeFlags.Indexed)) ReleaseIndexed(victim);
            return Errno.None;
        }
        finally
        {
            holder.Leave();
        }
    }

    private Errno Carry(in RemovePlan plan, LayerDirectory holder, DirFd dir, ReadOnlySpan<byte> name, int victim)
    {
        if (!plan.TakesUpper) return plan.LeavesWhiteout ? Upper!.MakeWhiteout(holder, dir, name) : Errno.None;

        ref var node = ref _tree.Nodes[victim];
        // An orphan that was found again by another of its names is kept by its link already.
        var keepsOtherName = node.Has(NodeFlags.Indexed | NodeFlags.Orphan) || (node.Has(NodeFlags.Linked) && _tree.Nodes.HasOtherName(victim));
        if (!keepsOtherName) return BuryNode(holder, dir, name, victim, plan.LeavesWhiteout);
        return plan.LeavesWhiteout ? ReplaceByWhiteout(holder, dir, name) : Syscall.UnlinkAt(dir, name);
    }

    private Errno BuryNode(LayerDirectory holder, DirFd dir, ReadOnlySpan<byte> name, int victim, bool leaveWhiteout)
    {
        Errno error;
        if (!leaveWhiteout && TryHold(victim, dir, name))
        {
            error = Syscall.UnlinkAt(dir, name);
            if (error != Errno.None) _files.LetGo(victim);
            return error;
        }
        error = Upper!.Bury(holder, dir, name, victim, _tree.Nodes[victim].Id, leaveWhiteout);
        if (error == Errno.None) _tree.Nodes[victim].Set(NodeFlags.Orphan);
        return error;
    }

    // A plain file of the upper that nothing is written down about, as it would be of a copy or of one with several names: its bytes live as long as its
    // descriptor, which costs less than a link among the orphans.
    private bool TryHold(int slot, DirFd dir, ReadOnlySpan<byte> name)
    {
        const NodeFlags NotPlain = NodeFlags.Metacopy | NodeFlags.Partial | NodeFlags.Linked | NodeFlags.Indexed | NodeFlags.Orphan | NodeFlags.Covered;
        ref var node = ref _tree.Nodes[slot];
        return node is { Type: FileType.Regular, IsUpper: true } && !node.Has(NotPlain) && Tree.IndexLayer(node.Inode) == 0
            && Upper!.Features.KeepsUnlinked && _files.Hold(slot, new Place(dir, name, isUpper: true));
    }

    // The object lives on under another name, so its link here may simply go.
    private Errno ReplaceByWhiteout(LayerDirectory holder, DirFd dir, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[Upper.WorkNameSize];
        if (Upper!.Features.Whiteout == WhiteoutForm.Oci)
        {
            var made = Upper.MakeWhiteout(holder, dir, name);
            return made != Errno.None ? made : Syscall.UnlinkAt(dir, name);
        }
        var temp = Upper.TempName(buffer);
        var error = Upper.MakeWhiteout(holder, Upper.Work.Temp, temp, beside: false);
        if (error == Errno.None) error = Upper.MarkXattrWhiteouts(holder, dir);
        if (error == Errno.None) error = Syscall.RenameAt2(Upper.Work.Temp, temp, dir, name, RenameFlags.None);
        if (error != Errno.None) _ = Syscall.UnlinkAt(Upper.Work.Temp, temp);
        return error;
    }

    // Takes the name from the tables. What is left of a lower object stays readable to those who have it open.
    private void Unname(int parent, UnionDirectory directory, ReadOnlySpan<byte> name, int victim)
    {
        ref var node = ref _tree.Nodes[victim];
        if (node.Lower is not null) _tree.Nodes.KeepLowerName(victim, name);
        var hasOther = _tree.Nodes.RemoveName(parent, name);
        if (!hasOther && !node.Has(NodeFlags.Upper)) node.Set(NodeFlags.Removed);
        directory.NameRemoved(name);
    }

    // The copy of a file with several lower names stays in the index until the union has none of them left.
    private void ReleaseIndexed(int victim)
    {
        Span<byte> buffer = stackalloc byte[LinkIndex.NameSize];
        Span<byte> orphan = stackalloc byte[Upper.WorkNameSize];
        ref var node = ref _tree.Nodes[victim];
        var name = _tree.IndexName(node.Inode, buffer);
        var links = Upper!.Work.Links;
        var difference = Upper.NlinkDifference(links, name);
        if (Syscall.StatAt(links, name, cached: false, out var status) != Errno.None || (int)status.LinkCount + difference > 0) return;

        // The new place before the old one goes: others use the file all the while.
        if (Syscall.LinkAt(links, name, Upper.Work.Orphans, Upper.OrphanName(node.Id, orphan)) is not (Errno.None or Errno.EXIST)) return;
        node.Set(NodeFlags.Orphan);
        node.Clear(NodeFlags.Indexed);
        _ = Upper.Work.LinkIndex.Remove(Tree.IndexLayer(node.Inode), Tree.IndexInode(node.Inode));
        Upper.DropFromKernelIndex(Upper.Work.Orphans, Upper.OrphanName(node.Id, orphan), status.Inode);
    }

    // An upper object has all its names in the upper, but for copies that are found through the index.
    private bool HasUpperName(int slot, DirFd dir, ReadOnlySpan<byte> name)
    {
        ref var node = ref _tree.Nodes[slot];
        if (!node.Has(NodeFlags.Indexed)) return node.IsUpper;
        return Syscall.StatAt(dir, name, cached: false, out var status) == Errno.None && !status.IsWhiteoutDevice;
    }
}
