using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>
/// Tells the kernel that what it remembers is no longer so. Calls only put a notice into a queue; a thread of its own sends
/// them in order, since sending may wait for a lock of the kernel that is held by the very request being answered.
/// </summary>
public sealed class Notifier
{
    private const uint MinorOfEpoch = 44;
    private const uint MinorOfPrune = 45;
    private const int NodesPerPrune = 512;
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new(); // protects: _queue, _accepted, _sent, _closed, _thread
    private readonly Queue<byte[]> _queue = new();
    private readonly SemaphoreSlim _filled = new(0);
    private readonly Fd _device;
    private readonly InitFlags _granted;
    private readonly uint _minor;
    private readonly Action<string>? _log;
    private Thread? _thread;
    private long _accepted;
    private long _sent;
    private bool _closed;

    internal Notifier(Fd device, InitFlags granted, uint minor, Action<string>? log)
    {
        _device = device;
        _granted = granted;
        _minor = minor;
        _log = log;
    }

    /// <summary>Whether <see cref="ExpireEntry"/> only marks names as to be looked up again, rather than dropping them (7.38).</summary>
    public bool CanExpire => (_granted & InitFlags.HasExpireOnly) != 0;

    /// <summary>Whether <see cref="IncrementEpoch"/> is understood (7.44).</summary>
    public bool CanIncrementEpoch => _minor >= MinorOfEpoch;

    /// <summary>Whether <see cref="Prune"/> is understood (7.45).</summary>
    public bool CanPrune => _minor >= MinorOfPrune;

    /// <summary>Drops the attributes of a node and its cached data from <paramref name="offset"/> on; a negative offset spares the data, a length of 0 means up to the end.</summary>
    public void InvalidateInode(NodeId node, long offset = 0, long length = 0) =>
        Enqueue(NotifyCode.InvalidateInode, new InvalidateInodeOut { Node = node, Offset = offset, Length = length });

    /// <summary>Drops a name, a negative entry too, and what the kernel knows below it.</summary>
    public void InvalidateEntry(NodeId parent, ReadOnlySpan<byte> name) => EnqueueEntry(parent, name, 0);

    /// <summary>Has a name looked up again at its next use; where the kernel cannot do that it is dropped.</summary>
    public void ExpireEntry(NodeId parent, ReadOnlySpan<byte> name) =>
        EnqueueEntry(parent, name, CanExpire ? InvalidateEntryOut.ExpireOnly : 0);

    /// <summary>As <see cref="InvalidateEntry"/> for a name that was removed: watchers (inotify) see a deletion.</summary>
    public void Delete(NodeId parent, NodeId child, ReadOnlySpan<byte> name) =>
        Enqueue(NotifyCode.Delete, new DeleteOut { Parent = parent, Child = child, NameLength = (uint)name.Length }, name, isName: true);

    /// <summary>Has every name looked up again at its next use. Without effect unless <see cref="CanIncrementEpoch"/>.</summary>
    public void IncrementEpoch()
    {
        if (CanIncrementEpoch) Enqueue(NotifyCode.IncrementEpoch, [], [], isName: false);
    }

    /// <summary>Asks the kernel to forget nodes that nobody uses. Without effect unless <see cref="CanPrune"/>.</summary>
    public void Prune(ReadOnlySpan<NodeId> nodes)
    {
        while (CanPrune && !nodes.IsEmpty)
        {
            var some = nodes[..Math.Min(nodes.Length, NodesPerPrune)];
            Enqueue(NotifyCode.Prune, new PruneOut { Count = (uint)some.Length }, MemoryMarshal.AsBytes(some), isName: false);
            nodes = nodes[some.Length..];
        }
    }

    /// <summary>
    /// Waits until everything told so far was sent. False when the time is over. While a request is answered, only for a
    /// notification that needs none of the locks its caller holds (an inode's data may be invalidated under its inode lock).
    /// </summary>
    public bool Wait(TimeSpan time)
    {
        long goal;
        lock (_gate) goal = _accepted;
        var until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        var spin = new SpinWait();
        while (true)
        {
            lock (_gate)
            {
                if (_sent >= goal || _closed) return _sent >= goal;
            }
            if (Environment.TickCount64 >= until) return false;
            spin.SpinOnce();
        }
    }

    /// <summary>Starts the thread now, and not with the first notice, which would be on the thread that has something to tell.</summary>
    internal void Start()
    {
        lock (_gate) Begin();
    }

    /// <summary>Ends the thread; what was not sent yet is of no use to an unmounted file system.</summary>
    internal void Close()
    {
        lock (_gate) _closed = true;
        _filled.Release();
        _thread?.Join(ClosePatience); // it must not write to the descriptor after that is closed
    }

    private void EnqueueEntry(NodeId parent, ReadOnlySpan<byte> name, uint flags) =>
        Enqueue(NotifyCode.InvalidateEntry, new InvalidateEntryOut { Parent = parent, NameLength = (uint)name.Length, Flags = flags }, name, isName: true);

    private void Enqueue<T>(NotifyCode code, in T body, ReadOnlySpan<byte> tail = default, bool isName = false) where T : unmanaged =>
        Enqueue(code, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in body)), tail, isName);

    private void Enqueue(NotifyCode code, ReadOnlySpan<byte> body, ReadOnlySpan<byte> tail, bool isName)
    {
        var head = Unsafe.SizeOf<OutHeader>();
        var message = new byte[head + body.Length + tail.Length + (isName ? 1 : 0)]; // a name is closed by NUL
        MemoryMarshal.Write(message, new OutHeader { Length = (uint)message.Length, Error = (int)code });
        body.CopyTo(message.AsSpan(head));
        tail.CopyTo(message.AsSpan(head + body.Length));
        lock (_gate)
        {
            if (_closed) return;
            _queue.Enqueue(message);
            _accepted++;
            Begin();
        }
        _filled.Release();
    }

    private void Begin()
    {
        if (_thread is not null) return;
        _thread = new Thread(Send) { IsBackground = true, Name = "fuse notifier" };
        _thread.Start();
    }

    private void Send()
    {
        while (true)
        {
            _filled.Wait();
            byte[] message;
            lock (_gate)
            {
                if (_closed) return;
                message = _queue.Dequeue();
            }
            var error = Syscall.Write(_device, message, out _);

            // NOENT: the kernel does not know the node or name any more, which is what was wanted.
            if (error is not (Errno.None or Errno.NOENT or Errno.NOTDIR or Errno.NOTEMPTY or Errno.NODEV))
                _log?.Invoke($"the kernel refused a notification ({(NotifyCode)MemoryMarshal.Read<OutHeader>(message).Error}): {error.Describe()}");
            lock (_gate) _sent++;
        }
    }
}
