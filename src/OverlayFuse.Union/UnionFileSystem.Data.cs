using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Bytes: open, read, write, fsync, fallocate, seek, copy. The handle of an open file says nothing but how it was opened: all uses of
// a node share the descriptor of OpenFiles.
public sealed partial class UnionFileSystem
{
    private const uint GetInodeFlags = 0x80086601; // FS_IOC_GETFLAGS
    private const uint GetExtendedFlags = 0x801C581F; // FS_IOC_FSGETXATTR
    private const int MaxWaitForWriteback = 8; // far fewer than threads
    private static readonly TimeSpan WritebackPatience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _waitForWriteback = new(MaxWaitForWriteback);
    private readonly FailedWrites _failedWrites = new();

    public override Errno Open(in Request request, NodeId node, OpenFlags flags, bool killSuidGid, out OpenReply reply)
    {
        reply = default;
        if (_passthrough is null) return Errno.NOSYS; // from now on the kernel opens by itself
        var error = _tree.Find(node, out var slot);
        if (error == Errno.None && (flags & OpenFlags.Truncate) != 0) error = SetSize(slot, 0, killSuidGid);
        if (error == Errno.None && Upper is null && (flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly) error = Errno.ROFS;
        if (error != Errno.None) return error;
        var writes = (flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly;
        reply = _passthrough.Open(slot, MayPassThrough(slot, flags), writes, ref _tree.Nodes[slot]);
        return Errno.None;
    }

    public override Errno Release(in Request request, NodeId node, ulong handle)
    {
        if (_tree.Nodes.TryFind(node, out var slot)) _passthrough?.Release(slot, handle);
        return Errno.None;
    }

    public override Errno Read(in Request request, NodeId node, ulong handle, long offset, Span<byte> buffer, out int count)
    {
        count = 0;
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None || _tree.Nodes[slot].Has(NodeFlags.Covered)) return error;
        error = _files.Enter(slot, write: false, out var file);
        if (error != Errno.None) return error;
        error = file.Read(buffer, offset, out count);
        file.Leave();
        return error;
    }

    public override Errno Write(in Request request, NodeId node, ulong handle, long offset, ReadOnlySpan<byte> data, WriteFlags flags, out int count)
    {
        count = 0;
        var error = EnterForWrite(node, out var slot, out var file);
        if (error != Errno.None)
        {
            if (_writeback is not null)
            {
                TakeBack(node, slot, error);
                TellWriter(node, error);
            }
            return error;
        }
        if ((flags & WriteFlags.KillSuidGid) != 0)
        {
            error = KillSuidGid(slot);
            if (error != Errno.None)
            {
                file.Leave();
                return error;
            }
        }
        var isFromCache = (flags & WriteFlags.FromCache) != 0; // without the writeback cache, of shared mappings only: it has no time for these
        var isWriteback = _writeback is not null && isFromCache;
        if (isFromCache) file.BeginWriteback();
        error = file.Write(data, offset, out count);
        if (!isWriteback && (isFromCache || file.Partial is not null)) file.Written();
        if (isFromCache) file.EndWriteback();
        file.Leave();
        Upper!.Counters.AddAsked(count);
        if (error != Errno.None) Upper.Failed(error);
        if (error != Errno.None && isWriteback) TellWriter(node, error);

        // The kernel takes a short answer to a write-back, of a mapping as well, for a whole one: what did not fit would be lost without a word.
        return isFromCache || count == 0 ? error : Errno.None;
    }

    public override Errno FSync(in Request request, NodeId node, ulong handle, bool dataOnly)
    {
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None || !_tree.Nodes[slot].IsUpper) return error;
        if ((_tree.Nodes[slot].Flags & (NodeFlags.Metacopy | NodeFlags.Partial)) == NodeFlags.Metacopy) return SyncMetadata(slot, dataOnly);
        OpenFile? file = null;
        error = CompleteToSync(slot);
        if (error == Errno.None) error = _files.Enter(slot, write: false, out file);
        if (error != Errno.None) return error;
        var isAll = _tree.Nodes[slot].Has(NodeFlags.CopyUnsynced); // set once in the life of a node, so that clearing it takes nothing that came meanwhile
        error = Sync(file!, dataOnly && !isAll);
        if (isAll && error == Errno.None) _tree.Nodes[slot].Clear(NodeFlags.CopyUnsynced);
        file!.Leave();
        return error;
    }

    public override Errno Fallocate(in Request request, NodeId node, ulong handle, FallocateMode mode, long offset, long length)
    {
        var error = EnterForWrite(node, out _, out var file);
        if (error != Errno.None) return error;
        error = file.Allocate(mode, offset, length);
        if (file.Partial is not null) file.Written();
        file.Leave();
        if (error != Errno.None) Upper!.Failed(error);
        return error;
    }

    public override Errno LSeek(in Request request, NodeId node, ulong handle, long offset, Whence whence, out long result)
    {
        result = 0;
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;
        if (Upper is not null && _notifier is { } notifier)
        {
            error = HaveWrittenBack(notifier, node);
            if (error != Errno.None) return error;
        }
        error = _files.Enter(slot, write: false, out var file);
        if (error != Errno.None) return error;
        error = file.Seek(offset, whence, out result);
        file.Leave();
        return error;
    }

    // The kernel asks for data and holes without writing back what it holds (tried on 6.18: a file just written has no data), so it is made to. Pages of
    // mappings it holds without the writeback cache, too. An error is better than an answer that makes a copy lose bytes: with EINVAL, as where
    // SEEK_DATA is unknown, copies simply read. Those who wait leave threads for what is written back.
    private Errno HaveWrittenBack(Notifier notifier, NodeId node)
    {
        if (!_waitForWriteback.Wait(0)) return Errno.INVAL;
        try
        {
            notifier.InvalidateInode(node);
            for (var written = -1L; ;)
            {
                if (notifier.Wait(WritebackPatience)) return Errno.None;
                var now = _session?.Requests[Opcode.Write] ?? 0;
                if (now == written) return Errno.INVAL;
                written = now; // gigabytes take longer: as long as it goes on
            }
        }
        finally
        {
            _waitForWriteback.Release();
        }
    }

    public override Errno CopyFileRange(in Request request, NodeId from, ulong fromHandle, long fromOffset, NodeId to, ulong toHandle, long toOffset, ulong length, out ulong copied)
    {
        copied = 0;
        var error = EnterForWrite(to, out _, out var target);
        if (error != Errno.None) return error;
        OpenFile? source = null;
        error = _tree.Find(from, out var slot);
        if (error == Errno.None) error = _files.Enter(slot, write: false, out source);
        if (error == Errno.None)
        {
            // The kernel then copies by reading and writing.
            error = source!.Partial is not null || target.Partial is not null ? Errno.XDEV : Syscall.CopyFileRange(source.Fd, fromOffset, target.Fd, toOffset, length, out copied);
            source.Leave();
        }
        target.Leave();
        Upper!.Counters.AddAsked((long)copied);
        if (error is not (Errno.None or Errno.XDEV)) Upper.Failed(error);
        return error;
    }

    public override Errno Ioctl(in Request request, NodeId node, ulong handle, uint command, IoctlFlags flags, ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        written = 0;
        if (ControlServer.Knows(command) && node == NodeId.Root) return _control.Serve(Caller.UidOf(request), command, input, output, out written);
        if (command is not (GetInodeFlags or GetExtendedFlags)) return Errno.NOTTY;
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;
        if (_tree.Nodes[slot].Type is not (FileType.Regular or FileType.Directory)) return Errno.NOTTY;

        Span<byte> name = stackalloc byte[Tree.NameSize];
        Span<byte> argument = stackalloc byte[28]; // struct fsxattr; flags are a long
        argument.Clear();
        error = _tree.Enter(slot, name, out var place);
        if (error != Errno.None) return error;
        using (place)
        {
            error = OpenFiles.OpenAt(place, write: false, out var fd);
            if (error != Errno.None) return error;
            error = Syscall.IoControl(fd, command, argument);
            fd.Close();
        }
        if (error != Errno.None) return error;
        written = Math.Min(output.Length, command == GetInodeFlags ? 8 : argument.Length);
        argument[..written].CopyTo(output);
        return Errno.None;
    }

    // Complete upper files only; lower ones where nothing can ever be written (the kernel would write into whatever it was given). The kernel opens a
    // backing file with the flags of the open and keeps them: bytes would still be appended when fcntl(2) has taken O_APPEND away.
    private bool MayPassThrough(int slot, OpenFlags flags)
    {
        if ((flags & OpenFlags.Append) != 0) return false;
        ref var node = ref _tree.Nodes[slot];
        if (node.Type != FileType.Regular || node.Has(NodeFlags.Covered)) return false;
        if (Upper is null) return true;
        if (!node.IsUpper || node.Has(NodeFlags.Metacopy)) return false;

        // The kernel writes a backing file with our rights, so nobody's write would take these bits away.
        return _tree.Status(slot, out var status) == Errno.None && (status.Mode & (Mode.SetUid | Mode.SetGid)) == 0;
    }

    private Errno EnterForWrite(NodeId node, out int slot, out OpenFile file)
    {
        file = null!;
        var error = _tree.Find(node, out slot);
        if (error == Errno.None) error = _copyUp.ForWrite(slot);
        return error != Errno.None ? error : _files.Enter(slot, write: true, out file);
    }

    // The kernel has taken the bytes of a write that is refused now. It drops them when told to, but believes itself about the size for
    // as long as it knows the node: so where no later try can fare better, the names lead to a new node from now on.
    private void TakeBack(NodeId node, int slot, Errno error)
    {
        _writeback!.InvalidateInode(node);
        if (error is not (Errno.PERM or Errno.OVERFLOW or Errno.ACCES) || _tree.Nodes[slot].IsUpper) return;
        foreach (var (parent, name) in _tree.Nodes.NamesOf(slot))
        {
            _tree.Locks.EnterWrite(parent);
            _tree.Nodes.Retire(slot, parent, name);
            _tree.Locks.LeaveWrite(parent);
            _writeback.InvalidateEntry(new NodeId(_tree.Nodes[parent].Id), name);
        }
    }

    // Of a file that has its metadata alone in the upper, that is all there is to sync. What is below may lie where nothing can be (squashfs says EINVAL).
    private Errno SyncMetadata(int slot, bool dataOnly)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        while (true)
        {
            var error = _tree.Enter(slot, buffer, out var place);
            if (error != Errno.None) return error;
            Fd fd;
            using (place)
            {
                error = OpenFiles.OpenAt(place, write: false, out fd);
                if (error == Errno.NOENT && _tree.HasLeft(slot, place)) continue;
            }
            if (error == Errno.ACCES) error = Upper!.OpenWidened(_tree, slot, write: false, gateHeld: false, out fd);
            return error != Errno.None ? error : SyncAndClose(fd, dataOnly);
        }
    }

    private Errno SyncAndClose(Fd fd, bool dataOnly)
    {
        var error = BeginSync(fd, out var isDone);
        if (!isDone) error = dataOnly ? Syscall.FDataSync(fd) : Syscall.FSync(fd);
        fd.Close();
        return error;
    }

    // The kernel takes what is written into its cache as long as it has room there. Without the attributes, it asks for them before the next write.
    private void TellWriter(NodeId node, Errno error)
    {
        _failedWrites.Add(node, error, Environment.TickCount64);
        _writeback!.InvalidateInode(node, offset: -1);
    }

    private Errno Sync(OpenFile file, bool dataOnly)
    {
        var error = BeginSync(file.Fd, out var isDone);
        return isDone ? error : file.Sync(dataOnly);
    }

    // A volatile union syncs nothing, but tells what was lost. Else the numbers that were shown for what is made safe now go first; free when none are new.
    private Errno BeginSync(Fd fd, out bool isDone)
    {
        var isVolatile = Upper!.Durability == Durability.Volatile;
        var error = isVolatile ? Upper.LatchedError(fd) : Upper.Work.Sync();
        isDone = isVolatile || error != Errno.None;
        return error;
    }
}
