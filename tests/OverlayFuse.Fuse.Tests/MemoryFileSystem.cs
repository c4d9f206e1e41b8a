using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>A small file system in memory, complete enough for a shell to live in. One lock; nothing here is fast.</summary>
internal sealed partial class MemoryFileSystem : FileSystem
{
    private readonly Lock _gate = new(); // protects: everything below
    private readonly Dictionary<ulong, Node> _nodes = [];
    private ulong _lastId = 1;

    public MemoryFileSystem() => _nodes[1] = new Node { Id = 1, Mode = (uint)FileType.Directory | 0x1ed, Links = 2 };

    /// <summary>How long the kernel may remember names and attributes.</summary>
    public TimeSpan Validity { get; init; } = Entry.Forever;

    public Session? Session { get; private set; }

    /// <summary>Lookups the kernel holds, by node.</summary>
    public long LookupsHeld
    {
        get
        {
            lock (_gate) return _nodes.Values.Sum(n => n.Lookups);
        }
    }

    public bool IsStopped { get; private set; }

    public override void Started(Session session) => Session = session;

    public override void Stopped() => IsStopped = true;

    /// <summary>Changes a file behind the kernel's back.</summary>
    public NodeId ReplaceContent(string name, string content)
    {
        lock (_gate)
        {
            var node = _nodes[1].Children[name];
            node.Data = Encoding.UTF8.GetBytes(content);
            return new NodeId(node.Id);
        }
    }

    public override Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
    {
        lock (_gate)
        {
            entry = new Entry { EntryTimeout = Validity };
            if (_nodes[parent.Value].Children.TryGetValue(Key(name), out var node)) entry = Give(node);
            return Errno.None;
        }
    }

    public override void Forget(NodeId node, ulong count)
    {
        lock (_gate) _nodes[node.Value].Lookups -= (long)count;
    }

    public override Errno Mknod(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, uint device, out Entry entry) =>
        Make(request, parent, name, mode, [], out entry);

    public override Errno Mkdir(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, out Entry entry) =>
        Make(request, parent, name, (uint)FileType.Directory | mode, [], out entry);

    public override Errno Symlink(in Request request, NodeId parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, out Entry entry) =>
        Make(request, parent, name, (uint)FileType.Symlink | 0x1ff, target.ToArray(), out entry);

    public override Errno Create(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
    {
        reply = default;
        return Make(request, parent, name, mode, [], out entry);
    }

    public override Errno TmpFile(in Request request, NodeId parent, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
    {
        reply = default;
        lock (_gate) entry = Give(NewNode(request, mode, []));
        return Errno.None;
    }

    public override Errno Link(in Request request, NodeId node, NodeId newParent, ReadOnlySpan<byte> newName, out Entry entry)
    {
        lock (_gate)
        {
            var linked = _nodes[node.Value];
            _nodes[newParent.Value].Children[Key(newName)] = linked;
            linked.Links++;
            entry = Give(linked);
            return Errno.None;
        }
    }

    public override Errno Unlink(in Request request, NodeId parent, ReadOnlySpan<byte> name)
    {
        lock (_gate)
        {
            if (!_nodes[parent.Value].Children.Remove(Key(name), out var node)) return Errno.NOENT;
            node.Links--;
            return Errno.None;
        }
    }

    public override Errno Rmdir(in Request request, NodeId parent, ReadOnlySpan<byte> name)
    {
        lock (_gate)
        {
            var children = _nodes[parent.Value].Children;
            if (!children.TryGetValue(Key(name), out var node)) return Errno.NOENT;
            if (node.Children.Count > 0) return Errno.NOTEMPTY;
            children.Remove(Key(name));
            return Errno.None;
        }
    }

    public override Errno Rename(in Request request, NodeId oldParent, ReadOnlySpan<byte> oldName, NodeId newParent, ReadOnlySpan<byte> newName, RenameFlags flags)
    {
        lock (_gate)
        {
            var (from, to) = (_nodes[oldParent.Value].Children, _nodes[newParent.Value].Children);
            if ((flags & RenameFlags.NoReplace) != 0 && to.ContainsKey(Key(newName))) return Errno.EXIST;
            if ((flags & RenameFlags.Exchange) != 0)
            {
                (from[Key(oldName)], to[Key(newName)]) = (to[Key(newName)], from[Key(oldName)]);
                return Errno.None;
            }
            if (!from.Remove(Key(oldName), out var node)) return Errno.NOENT;
            to[Key(newName)] = node;
            return Errno.None;
        }
    }

    private Errno Make(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, byte[] data, out Entry entry)
    {
        lock (_gate)
        {
            var node = NewNode(request, mode, data);
            node.Links = 1;
            _nodes[parent.Value].Children[Key(name)] = node;
            entry = Give(node);
            return Errno.None;
        }
    }

    private Node NewNode(in Request request, uint mode, byte[] data)
    {
        var node = new Node { Id = ++_lastId, Mode = mode, Data = data, Uid = request.Uid, Gid = request.Gid };
        _nodes[node.Id] = node;
        return node;
    }

    private Entry Give(Node node)
    {
        node.Lookups++;
        return Describe(node);
    }

    private Entry Describe(Node node) =>
        new() { Node = new NodeId(node.Id), EntryTimeout = Validity, AttributesTimeout = Validity, Attributes = node.Attributes };

    private static string Key(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    private sealed class Node
    {
        public required ulong Id { get; init; }

        public uint Mode { get; set; }

        public uint Uid { get; set; }

        public uint Gid { get; set; }

        public uint Links { get; set; }

        public long Lookups { get; set; }

        public byte[] Data { get; set; } = [];

        public Timestamp Modified { get; set; } = new(1_000_000_000, 0);

        public SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, byte[]> Xattrs { get; } = new(StringComparer.Ordinal);

        public Attributes Attributes => new()
        {
            Inode = Id,
            Size = (ulong)Data.Length,
            Blocks = ((ulong)Data.Length + 511) / 512,
            Mode = Mode,
            Uid = Uid,
            Gid = Gid,
            LinkCount = Links,
            BlockSize = 4096,
            ModifySeconds = Modified.Seconds,
            ModifyNanoseconds = Modified.Nanoseconds,
        };
    }
}
