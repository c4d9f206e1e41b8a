using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Stands in for the kernel: resolves paths by lookups, asks before it creates, serializes what the kernel serializes, and keeps count
/// of the lookups it was given.
/// </summary>
/// <param name="keeps">Remembers what it was given until <see cref="ForgetAll"/>; else it forgets after each call.</param>
internal sealed partial class Kernel(UnionFileSystem union, bool keeps) : IActor
{
    private const int EntrySize = 128;
    private readonly Dictionary<NodeId, ulong> _lookups = [];
    private readonly Queue<List<(NodeId Node, ulong Count)>> _late = [];

    public Request Request { get; init; } = new() { Pid = (uint)Environment.ProcessId, Uid = Syscall.GetEUid(), Gid = Syscall.GetEGid(), SupplementaryGroup = Request.UnmappedId };

    /// <summary>How many calls later than it forgets a kernel says so, where it forgets after each: FORGET is queued and overtaken.</summary>
    public int Delay { get; init; }

    public UnionFileSystem Union => union;

    public int Known => _lookups.Count;

    public Errno Lookup(NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
    {
        var error = union.Lookup(Request, parent, name, out entry);
        if (error == Errno.None && entry.Node == NodeId.None) return Errno.NOENT;
        if (error == Errno.None) Got(entry);
        return error;
    }

    public Errno Create(string path, ReadOnlySpan<byte> bytes, uint mode = 0x1A4)
    {
        var error = FindFree(path, out var parent, out var name);
        if (error != Errno.None) return Done(error);
        error = union.Create(Request, parent, name, mode, 0, OpenFlags.ReadWrite | OpenFlags.Create, out var entry, out _);
        if (error == Errno.NOSYS) error = union.Mknod(Request, parent, name, (uint)FileType.Regular | mode, 0, 0, out entry); // fuse_atomic_open()
        if (error == Errno.None)
        {
            Got(entry);
            if (bytes.Length > 0) error = union.Write(Request, entry.Node, 0, 0, bytes, WriteFlags.None, out _);
        }
        return Done(error);
    }

    public Errno Mkdir(string path, uint mode = 0x1ED) => Make(path, (parent, name) => (union.Mkdir(Request, parent, name, mode, 0, out var entry), entry));

    public Errno Symlink(string target, string path) => Make(path, (parent, name) => (union.Symlink(Request, parent, name, LayerText.Bytes(target), out var entry), entry));

    public Errno Mknod(string path, uint mode, uint major, uint minor) =>
        Make(path, (parent, name) => (union.Mknod(Request, parent, name, mode, 0, DeviceNumber.Encode(major, minor), out var entry), entry));

    public Errno Link(string path, string newPath)
    {
        var error = Find(path, out var entry);
        if (error != Errno.None) return Done(error);
        return Make(newPath, (parent, name) => MayLink(path, entry) is var refusal && refusal != Errno.None ? (refusal, default) : (union.Link(Request, entry.Node, parent, name, out var linked), linked));
    }

    public Errno Write(string path, ReadOnlySpan<byte> bytes, long? offset = 0)
    {
        var error = FindFile(path, OpenFlags.WriteOnly, out var entry);
        if (error == Errno.None && IsAppending(path)) offset = null;
        if (error == Errno.None) error = union.Write(Request, entry.Node, 0, offset ?? Advance(path, entry, bytes.Length), bytes, WriteFlags.None, out _);
        return Done(error);
    }

    /// <param name="alone">Nobody else changes the file meanwhile: as many bytes must come as its size says.</param>
    public Errno Read(string path, out byte[] bytes, bool alone = true)
    {
        bytes = [];
        var error = FindFile(path, OpenFlags.ReadOnly, out var entry);
        if (error == Errno.BADF && entry.Attributes.Size == 0) return Done(Errno.None); // nothing is asked for
        if (error != Errno.None) return Done(error);
        bytes = new byte[entry.Attributes.Size];
        error = union.Read(Request, entry.Node, 0, 0, bytes, out var count);
        if (error == Errno.None && alone && count != bytes.Length) throw new InvalidOperationException($"{path}: {bytes.Length} bytes by its size, {count} read");
        return Done(error);
    }

    public Errno Change(string path, in SetAttributes change)
    {
        var error = Find(path, out var entry);
        if (error == Errno.None) error = union.SetAttributes(Request, entry.Node, change, out _, out _);
        return Done(error);
    }

    public Errno Remove(string path, bool isDirectory)
    {
        var error = FindParent(path, out var parent, out var name);
        var entry = default(Entry);
        if (error == Errno.None) error = Lookup(parent, name, out entry);
        if (error == Errno.None && isDirectory != IsDirectory(entry)) error = isDirectory ? Errno.NOTDIR : Errno.ISDIR;
        if (error == Errno.None) error = isDirectory ? union.Rmdir(Request, parent, name) : union.Unlink(Request, parent, name);
        return Done(error);
    }

    public Errno Rename(string oldPath, string newPath, RenameFlags flags = RenameFlags.None)
    {
        List<NodeId> oldWay = [NodeId.Root], newWay = [NodeId.Root];
        var error = FindParent(oldPath, oldWay, out var oldName);
        if (error != Errno.None) return Done(error);
        error = FindParent(newPath, newWay, out var newName);
        if (error != Errno.None) return Done(error);
        error = Lookup(oldWay[^1], oldName, out var source);
        if (error != Errno.None) return Done(error);
        var absent = Lookup(newWay[^1], newName, out var target);
        error = MayRename(source, target, absent, oldWay, newWay, flags);
        if (error == Errno.None && (absent != Errno.None || source.Node != target.Node)) error = union.Rename(Request, oldWay[^1], oldName, newWay[^1], newName, flags);
        return Done(error);
    }

    /// <summary>The names in a directory as READDIR gives them, "." and ".." left out, read with a buffer of so many bytes.</summary>
    public Errno List(string path, out List<Listed> names, bool plus = false, int room = 4096)
    {
        names = [];
        var error = Find(path, out var entry);
        if (error == Errno.None && !IsDirectory(entry)) error = Errno.NOTDIR;
        if (error == Errno.None && entry.Attributes.LinkCount == 0) error = Errno.NOENT; // it was removed
        if (error == Errno.None) error = List(entry.Node, names, plus, room);
        return Done(error);
    }

    public Errno List(NodeId node, List<Listed> names, bool plus, int room)
    {
        var bytes = new byte[room];
        for (ulong cookie = 0; ;)
        {
            var error = ReadOnce(node, cookie, bytes, plus, names, out cookie);
            if (error != Errno.None) return error;
            if (cookie == 0) break;
        }
        names.RemoveAll(n => n.Name is [(byte)'.'] or [(byte)'.', (byte)'.']);
        return Errno.None;
    }

    /// <summary>One READDIR or READDIRPLUS request; <paramref name="next"/> is 0 at the end.</summary>
    public Errno ReadOnce(NodeId node, ulong offset, byte[] room, bool plus, List<Listed> names, out ulong next)
    {
        next = 0;
        var buffer = new DirectoryBuffer(room, plus);
        var error = plus ? union.ReadDirectoryPlus(Request, node, 0, offset, ref buffer) : union.ReadDirectory(Request, node, 0, offset, ref buffer);
        if (error != Errno.None) return error;
        var rest = room.AsSpan(0, buffer.Length);
        while (rest.Length > 0)
        {
            var given = new Entry();
            if (plus)
            {
                given.Node = new NodeId(BinaryPrimitives.ReadUInt64LittleEndian(rest));
                given.Attributes = MemoryMarshal.Read<Attributes>(rest[40..]);
                rest = rest[EntrySize..];
            }
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest[16..]);
            var name = rest.Slice(24, length).ToArray();
            next = BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]);
            names.Add(new Listed(name, BinaryPrimitives.ReadUInt64LittleEndian(rest), (FileType)(BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]) << 12), next, given));
            rest = rest[((24 + length + 7) & ~7)..];
            if (given.Node != NodeId.None) Got(given);
        }
        return Errno.None;
    }

    public void ForgetAll()
    {
        Forget();
        Tell(0);
    }

    private void Forget()
    {
        var open = _open.Values.Select(o => o.Node).ToHashSet();
        var forgotten = new List<(NodeId, ulong)>();
        foreach (var (node, count) in _lookups.Where(l => !open.Contains(l.Key)).ToList())
        {
            forgotten.Add((node, count));
            _lookups.Remove(node);
        }
        _late.Enqueue(forgotten);
    }

    private void Tell(int stay)
    {
        while (_late.Count > stay)
        {
            foreach (var (node, count) in _late.Dequeue()) union.Forget(node, count);
        }
    }

    public void Got(in Entry entry) => _lookups[entry.Node] = _lookups.GetValueOrDefault(entry.Node) + 1;

    public static IEnumerable<byte[]> Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(LayerText.Bytes);

    private Errno Make(string path, Func<NodeId, byte[], (Errno, Entry)> make)
    {
        var error = FindFree(path, out var parent, out var name);
        if (error != Errno.None) return Done(error);
        (error, var entry) = make(parent, name);
        if (error == Errno.None) Got(entry);
        return Done(error);
    }

    private Errno Done(Errno error)
    {
        if (keeps) return error;
        Forget();
        Tell(Delay);
        return error;
    }
}

/// <summary>An entry as a reader of a directory gets it.</summary>
internal sealed record Listed(byte[] Name, ulong Inode, FileType Type, ulong Cookie, Entry Entry)
{
    public string Text => Encoding.Latin1.GetString(Name);
}
