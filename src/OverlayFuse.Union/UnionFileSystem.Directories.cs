using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Directories: readdir, readdirplus, fsyncdir. Opening one is answered ENOSYS: listings belong to the node, the kernel keeps them. Where names are
// believed for a time only it is answered, and the kernel keeps no listing: it knows no time for those.
public sealed partial class UnionFileSystem
{
    private static readonly TimeSpan InvalidationPatience = TimeSpan.FromSeconds(1);

    public override Errno OpenDirectory(in Request request, NodeId node, OpenFlags flags, out OpenReply reply)
    {
        reply = default;
        return _entryTimeout == Entry.Forever ? Errno.NOSYS : Errno.None;
    }

    public override Errno ReleaseDirectory(in Request request, NodeId node, ulong handle) => Errno.None;

    public override Errno ReadDirectory(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer)
    {
        var error = BeginListing(node, offset, out var slot, out var directory, out var listing);
        if (error != Errno.None) return error;
        if (offset < Listing.DotCookie && !buffer.TryAdd("."u8, _tree.ShownInode(_tree.Nodes[slot].Inode), FileType.Directory, Listing.DotCookie)) return Errno.None;
        if (offset < Listing.DotDotCookie && !buffer.TryAdd(".."u8, _tree.ShownInode(_tree.Nodes[ParentOf(slot)].Inode), FileType.Directory, Listing.DotDotCookie)) return Errno.None;

        for (var i = listing.After(offset); i < listing.Count; i++)
        {
            if (listing.IsRemoved(i)) continue;
            var (inode, type) = (_tree.ShownInode(listing.Inode(i)), listing.Type(i));
            if (listing.IsReplaced(i) && !TryLook(slot, listing.Name(i), ref inode, ref type)) continue;
            if (!buffer.TryAdd(listing.Name(i), inode, type, listing.Cookie(i))) break;
        }
        if (buffer.Length == 0) EndListing(node, directory);
        return Errno.None;
    }

    public override Errno ReadDirectoryPlus(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer)
    {
        var error = BeginListing(node, offset, out var slot, out var directory, out var listing);
        if (error != Errno.None) return error;
        if (offset < Listing.DotCookie && !buffer.TryAdd("."u8, Listing.DotCookie, Dot(slot))) return Errno.None;
        if (offset < Listing.DotDotCookie && !buffer.TryAdd(".."u8, Listing.DotDotCookie, Dot(ParentOf(slot)))) return Errno.None;

        // What was added since the listing was read may not be where it says.
        var isOld = listing != directory.Listing(isForBeginner: true);
        for (var i = listing.After(offset); i < listing.Count; i++)
        {
            if (listing.IsRemoved(i)) continue;

            // Room first: what is looked up counts as a lookup and must reach the kernel.
            var name = listing.Name(i);
            if (!buffer.RemainingHas(name.Length)) break;
            var isDirectory = listing.Type(i) == FileType.Directory;
            error = _tree.LookUp(slot, name, count: true, isDirectory || isOld ? null : listing.Member(i), out var child, out var status, out var hasStatus);
            if (error == Errno.None && child != 0)
            {
                if (hasStatus) CorrectFresh(child, ref status);
                else error = _tree.Status(child, out status);
            }
            if (child == 0 && error == Errno.None) continue;

            // An entry that cannot be looked at is listed all the same; only the stat of it fails.
            var isTold = error == Errno.None && !HasSeveralNames(child, status);
            var (inode, type) = child != 0 ? (_tree.Nodes[child].Inode, _tree.Nodes[child].Type) : (listing.Inode(i), listing.Type(i));
            if (!isTold && child != 0) _tree.Nodes.Forget(child, 1);
            buffer.TryAdd(name, listing.Cookie(i), isTold ? EntryOf(child, status) : Unknown(inode, type));
        }
        if (buffer.Length == 0) EndListing(node, directory);
        return Errno.None;
    }

    // The object that has the name now; what cannot be looked at is listed all the same. If it is gone, nothing is listed.
    private bool TryLook(int parent, ReadOnlySpan<byte> name, ref ulong inode, ref FileType type)
    {
        if (_tree.LookUp(parent, name, count: true, null, out var child, out _, out _) != Errno.None) return true;
        if (child == 0) return false;
        (inode, type) = (_tree.ShownInode(_tree.Nodes[child].Inode), _tree.Nodes[child].Type);
        _tree.Nodes.Forget(child, 1);
        return true;
    }

    // The kernel counts a name down by itself when it gets the answer to an unlink (fuse_entry_unlinked()). If a listing had told it the new count a moment
    // before, it would count twice, and link(2) would take a file without a name for gone: so listings leave such files to be looked up.
    private bool HasSeveralNames(int slot, in FileStatus status) => !status.IsDirectory && (status.LinkCount > 1 || _tree.Nodes[slot].Has(NodeFlags.Linked));

    public override Errno FSyncDirectory(in Request request, NodeId node, ulong handle, bool dataOnly)
    {
        var error = _tree.FindDirectory(node, out var slot, out var directory);
        if (error != Errno.None || directory.Upper is not { } upper) return error;
        error = OpenToSync(upper, out var fd);
        if (error == Errno.ACCES) error = Upper!.Widened(_tree, slot, gateHeld: false, _ => OpenToSync(upper, out fd));
        return error != Errno.None ? error : SyncAndClose(fd, dataOnly);
    }

    private static Errno OpenToSync(LayerDirectory directory, out Fd fd)
    {
        fd = Fd.None;
        var error = directory.Enter(out var dir);
        if (error != Errno.None) return error;
        error = DirectoryReader.OpenToRead(dir, out fd);
        directory.Leave();
        return error;
    }

    private Errno BeginListing(NodeId node, ulong offset, out int slot, out UnionDirectory directory, out Listing listing)
    {
        listing = null!;
        var error = _tree.FindDirectory(node, out slot, out directory);
        if (error != Errno.None) return error;
        if (_tree.Nodes[slot].Has(NodeFlags.Orphan | NodeFlags.Removed)) return Errno.NOENT;
        if (offset == 0) directory.BeginPass();
        return ReadNames(slot, directory, isForBeginner: offset == 0, out listing);
    }

    private Errno ReadNames(int slot, UnionDirectory directory, bool isForBeginner, out Listing listing)
    {
        var error = _listings.Get(directory, _tree.Inodes, isForBeginner, out var read);
        listing = read!;
        return error == Errno.ACCES && directory.Upper is not null ? ReadNamesWidened(slot, directory, isForBeginner, out listing) : error;
    }

    // The kernel has asked for the right to read. A closer look needs the right to search, which the owner of an upper directory can have for a moment.
    private Errno ReadNamesWidened(int slot, UnionDirectory directory, bool isForBeginner, out Listing listing)
    {
        Listing? read = null;
        var error = Upper!.Widened(_tree, slot, gateHeld: false, _ => _listings.Get(directory, _tree.Inodes, isForBeginner, out read));
        listing = read!;
        return error;
    }

    // Before the answer that has the kernel close its copy: without its pages that copy is thrown away at its first use.
    private void EndListing(NodeId node, UnionDirectory directory)
    {
        if (!directory.EndPass() || _notifier is not { } notifier) return;
        notifier.InvalidateInode(node);
        notifier.Wait(InvalidationPatience);
    }

    private Entry Dot(int slot) => new() { Attributes = new Attributes { Inode = _tree.ShownInode(_tree.Nodes[slot].Inode), Mode = (uint)FileType.Directory } };

    private Entry Unknown(ulong inode, FileType type) => new() { Attributes = new Attributes { Inode = _tree.ShownInode(inode), Mode = (uint)type } };
}
