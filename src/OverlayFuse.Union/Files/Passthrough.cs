using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Lets the kernel read and write backing files by itself. While a node is open in passthrough every open of it must use the same
/// backing; while a cached open lives none may be in passthrough. So each node has one of the two at a time, counted.
/// </summary>
internal sealed class Passthrough(OpenFiles files)
{
    private const ulong PassedHandle = 1UL << 40;
    private const ulong WritingHandle = 1UL << 41;

    private readonly Lock _lock = new(); // leaf; protects _open. Nothing is opened or closed under it: one slow file would hold up the opens of all
    private readonly Dictionary<int, Opens> _open = [];
    private Session? _session;

    public void Started(Session session)
    {
        if ((session.Granted & InitFlags.Passthrough) != 0) _session = session;
    }

    /// <summary>Answers an open of a node; <paramref name="may"/>: its object is one the kernel may write to; <paramref name="writes"/>: it is opened to be written.</summary>
    /// <remarks>
    /// Of two that open a node at once both may open its file, and the first to come back decides for both: the other takes what is there by then. The file is the
    /// same for both, for what may be passed through stays where it is: a complete file of the upper, or any where there is no upper.
    /// </remarks>
    public OpenReply Open(int slot, bool may, bool writes, ref Node node)
    {
        var backing = 0;
        if (!TryOpen(slot, asks: may && _session is not null, writes, ref backing, ref node, out var reply))
        {
            backing = OpenBacking(slot);
            _ = TryOpen(slot, asks: false, writes, ref backing, ref node, out reply);
        }
        CloseBacking(backing);
        return reply;
    }

    /// <summary>Whether somebody has a node open to write it.</summary>
    public bool IsWritten(int slot)
    {
        lock (_lock) return _open.TryGetValue(slot, out var opens) && opens.Writing > 0;
    }

    public void Release(int slot, ulong handle)
    {
        Opens opens;
        lock (_lock)
        {
            if (!_open.TryGetValue(slot, out opens)) return;
            if ((handle & PassedHandle) != 0) opens.Passed--;
            else opens.Cached--;
            if ((handle & WritingHandle) != 0) opens.Writing--;
            if (opens.Passed > 0 || opens.Cached > 0)
            {
                _open[slot] = opens;
                return;
            }
            _open.Remove(slot);
        }
        CloseBacking(opens.Backing);
    }

    // False where nobody has the node open and the caller asks to be sent back for a backing file. What is taken of that is 0 afterwards.
    private bool TryOpen(int slot, bool asks, bool writes, ref int backing, ref Node node, out OpenReply reply)
    {
        reply = default;
        lock (_lock)
        {
            if (!_open.TryGetValue(slot, out var opens))
            {
                if (asks) return false;
                (opens.Backing, backing) = (backing, 0);
            }
            if (opens.Backing > 0)
            {
                opens.Passed++;
                node.Set(NodeFlags.PassedThrough);
                reply = new OpenReply { Handle = PassedHandle, Flags = OpenReplyFlags.Passthrough, BackingId = opens.Backing };
            }
            else
            {
                // Pages cached before the node was passed through may be older than the file.
                opens.Cached++;
                reply = new OpenReply { Flags = node.Has(NodeFlags.PassedThrough) ? OpenReplyFlags.None : OpenReplyFlags.KeepCache };
                node.Clear(NodeFlags.PassedThrough);
            }
            if (writes)
            {
                opens.Writing++;
                reply.Handle |= WritingHandle;
            }
            _open[slot] = opens;
            return true;
        }
    }

    // 0: the kernel will not have it (a file system stacked too deep, no rights); then the open is a cached one.
    private int OpenBacking(int slot)
    {
        if (files.Enter(slot, write: false, out var file) != Errno.None) return 0;
        var error = _session!.OpenBacking(file.Fd, out var id);
        file.Leave();
        return error == Errno.None ? id : 0;
    }

    private void CloseBacking(int backing)
    {
        if (backing > 0) _ = _session!.CloseBacking(backing);
    }

    private struct Opens
    {
        public int Passed;
        public int Cached;
        public int Writing; // of both
        public int Backing;
    }
}
