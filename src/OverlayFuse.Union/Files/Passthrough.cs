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

    private readonly Lock _lock = new(); // rank 4; protects _open
    private readonly Dictionary<int, Opens> _open = [];
    private Session? _session;

    public void Started(Session session)
    {
        if ((session.Granted & InitFlags.Passthrough) != 0) _session = session;
    }

    /// <summary>Answers an open of a node; <paramref name="may"/>: its object is one the kernel may write to.</summary>
    public OpenReply Open(int slot, bool may, ref Node node)
    {
        lock (_lock)
        {
            _open.TryGetValue(slot, out var opens);
            if (opens.Passed == 0 && opens.Cached == 0 && may && _session is not null) opens.Backing = OpenBacking(slot);
            OpenReply reply;
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
            _open[slot] = opens;
            return reply;
        }
    }

    public void Release(int slot, ulong handle)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(slot, out var opens)) return;
            if ((handle & PassedHandle) != 0) opens.Passed--;
            else opens.Cached--;
            if (opens.Passed > 0 || opens.Cached > 0)
            {
                _open[slot] = opens;
                return;
            }
            if (opens.Backing > 0) _ = _session!.CloseBacking(opens.Backing);
            _open.Remove(slot);
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

    private struct Opens
    {
        public int Passed;
        public int Cached;
        public int Backing;
    }
}
