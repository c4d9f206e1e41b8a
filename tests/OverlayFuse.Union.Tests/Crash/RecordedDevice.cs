using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// A file system with one file, <c>disk</c>, for a loop device to stand on: what the loop device writes and when it flushes is what a disk with
/// a volatile cache is told. The bytes are kept in another file.
/// </summary>
/// <param name="image">The file with the bytes, which has its size already.</param>
/// <param name="pace">Asked before each write, how many milliseconds the disk takes for it.</param>
internal sealed class RecordedDevice(Fd image, long size, Func<int> pace) : FileSystem
{
    private static readonly NodeId Disk = new(2);

    private readonly Lock _gate = new(); // protects: the events, and that they are in the order in which the image has changed
    private readonly List<DeviceEvent> _events = [];
    private bool _isRecording;

    /// <summary>How many events there were.</summary>
    public int Now
    {
        get
        {
            lock (_gate) return _events.Count;
        }
    }

    /// <summary>Begins to record; <paramref name="keep"/> may take the image meanwhile, as it is before the first event.</summary>
    public void Record(Action keep)
    {
        lock (_gate)
        {
            keep();
            _isRecording = true;
        }
    }

    public DeviceEvent[] EndRecord()
    {
        lock (_gate)
        {
            _isRecording = false;
            return [.. _events];
        }
    }

    public override Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
    {
        entry = new Entry();
        if (parent != NodeId.Root || !name.SequenceEqual("disk"u8)) return Errno.NOENT;
        entry = new Entry { Node = Disk, EntryTimeout = Entry.Forever, AttributesTimeout = Entry.Forever, Attributes = AttributesOf(Disk) };
        return Errno.None;
    }

    public override Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
    {
        (attributes, timeout) = (AttributesOf(node), Entry.Forever);
        return Errno.None;
    }

    public override Errno Read(in Request request, NodeId node, ulong handle, long offset, Span<byte> buffer, out int count)
    {
        lock (_gate) return Syscall.PRead(image, buffer, offset, out count);
    }

    // The kernel has one write at a time on its way, or a flush: it is told of the end of each before the next begins.
    public override Errno Write(in Request request, NodeId node, ulong handle, long offset, ReadOnlySpan<byte> data, WriteFlags flags, out int count)
    {
        lock (_gate)
        {
            if (_isRecording && pace() is var milliseconds and > 0) Thread.Sleep(milliseconds);
            if (_isRecording) _events.Add(new DeviceEvent(offset, data.ToArray()));
            return Syscall.PWrite(image, data, offset, out count);
        }
    }

    public override Errno FSync(in Request request, NodeId node, ulong handle, bool dataOnly)
    {
        lock (_gate)
        {
            if (_isRecording) _events.Add(new DeviceEvent(0, null));
            return Errno.None;
        }
    }

    private Attributes AttributesOf(NodeId node) => node == Disk
        ? new Attributes { Inode = Disk.Value, Size = (ulong)size, Mode = (uint)FileType.Regular | 0x180, LinkCount = 1, BlockSize = 4096 }
        : new Attributes { Inode = NodeId.Root.Value, Mode = (uint)FileType.Directory | 0x1C0, LinkCount = 2, BlockSize = 4096 };
}
