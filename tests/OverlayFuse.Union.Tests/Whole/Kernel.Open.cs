using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

// Descriptors and attributes: what the kernel keeps for a process, and what it asks for.
internal sealed partial class Kernel
{
    private readonly Dictionary<string, Description> _open = [];

    /// <summary>Opens as the kernel does where OPEN is not served: it resolves, creates and truncates, and the union hears no more.</summary>
    public Errno Open(string descriptor, string path, OpenFlags flags)
    {
        var error = Find(path, out var entry);
        var isTmpFile = (flags & OpenFlags.TmpFile) == OpenFlags.TmpFile;
        if (isTmpFile)
        {
            if (error == Errno.None && !IsDirectory(entry)) error = Errno.NOTDIR;
            if (error == Errno.None && (error = union.TmpFile(Request, entry.Node, (uint)FileType.Regular | 0x1A4, 0, OpenFlags.ReadWrite, out entry, out _)) == Errno.None) Got(entry);
        }
        else if (error == Errno.NOENT && (flags & OpenFlags.Create) != 0)
        {
            error = Create(path, [], 0x1A4);
            if (error == Errno.None) error = Find(path, out entry);
        }
        else if (error == Errno.None) error = (flags & OpenFlags.Exclusive) != 0 ? Errno.EXIST : MayOpen(entry, flags);
        if (error != Errno.None) return Done(error);
        _open[$"@{descriptor}"] = new Description { Node = entry.Node, Flags = flags, IsLinkable = isTmpFile };
        return (flags & OpenFlags.Truncate) != 0 ? Change($"@{descriptor}", new SetAttributes { Valid = SetAttributesMask.Size }) : Done(Errno.None);
    }

    public Errno Close(string descriptor)
    {
        _open.Remove($"@{descriptor}");
        return Done(Errno.None);
    }

    public Errno Truncate(string target, long size)
    {
        var error = FindFile(target, OpenFlags.WriteOnly, out _);
        if (error != Errno.None) return Done(error == Errno.BADF ? Errno.INVAL : error); // as ftruncate(2) says it
        return Change(target, new SetAttributes { Valid = SetAttributesMask.Size, Size = (ulong)size });
    }

    public Errno Chmod(string target, uint mode) => Change(target, new SetAttributes { Valid = SetAttributesMask.Mode, Mode = mode });

    public Errno Chown(string target, uint uid, uint gid) => Change(target, new SetAttributes { Valid = SetAttributesMask.Uid | SetAttributesMask.Gid | SetAttributesMask.KillSuidGid, Uid = uid, Gid = gid });

    public Errno Utimens(string target, Timestamp access, Timestamp modify) =>
        Change(target, new SetAttributes { Valid = SetAttributesMask.AccessTime | SetAttributesMask.ModifyTime, AccessTime = access, ModifyTime = modify });

    public Errno Stat(string target, out FileStatus status)
    {
        var error = Find(target, out var entry);
        var attributes = entry.Attributes;
        status = new FileStatus
        {
            Mode = attributes.Mode,
            LinkCount = attributes.LinkCount,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Inode = attributes.Inode,
            Size = attributes.Size,
            Blocks = attributes.Blocks,
            ModifyTime = new Timestamp(attributes.ModifySeconds, attributes.ModifyNanoseconds),
            ChangeTime = new Timestamp(attributes.ChangeSeconds, attributes.ChangeNanoseconds),
        };
        (status.RdevMajor, status.RdevMinor) = DeviceNumber.Decode(attributes.Rdev);
        return error; // and it remembers what it has looked at
    }

    public Errno Allocate(string target, FallocateMode mode, long offset, long length) =>
        FindFile(target, OpenFlags.WriteOnly, out _) is var error && error != Errno.None ? Done(error) : On(target, node => union.Fallocate(Request, node, 0, mode, offset, length));

    public Errno Seek(string target, long offset, Whence whence, out long found)
    {
        var result = 0L;
        var error = On(target, node => union.LSeek(Request, node, 0, offset, whence, out result));
        found = result;
        return error;
    }

    public Errno Copy(string from, string to, long length)
    {
        var error = Find(from, out var source);
        if (error == Errno.None && !from.StartsWith('@')) error = MayOpen(source, OpenFlags.ReadOnly);
        var sink = default(Entry);
        if (error == Errno.None) error = Find(to, out sink);
        if (error == Errno.None && !to.StartsWith('@')) error = MayOpen(sink, OpenFlags.WriteOnly);
        if (error == Errno.None && (IsDirectory(source) || IsDirectory(sink))) error = Errno.ISDIR;
        if (error == Errno.None) error = FindFile(from, OpenFlags.ReadOnly, out _);
        if (error == Errno.None) error = IsAppending(to) ? Errno.BADF : FindFile(to, OpenFlags.WriteOnly, out _);
        var count = Math.Min((ulong)length, source.Attributes.Size);
        if (error == Errno.None && source.Node == sink.Node && count > 0) error = Errno.INVAL; // it overlaps
        return error != Errno.None || count == 0 ? Done(error) : On(to, node => Copy(source.Node, node, count));
    }

    // fuse_copy_file_range(): what the file system does not do the kernel does by reading and writing.
    private Errno Copy(NodeId from, NodeId to, ulong count)
    {
        var error = union.CopyFileRange(Request, from, 0, 0, to, 0, 0, count, out _);
        if (error is not (Errno.XDEV or Errno.NOSYS)) return error;
        var bytes = new byte[count];
        error = union.Read(Request, from, 0, 0, bytes, out var length);
        return error != Errno.None ? error : union.Write(Request, to, 0, 0, bytes.AsSpan(0, length), WriteFlags.None, out _);
    }

    public Errno FSync(string target) => Find(target, out var entry) is var error && error != Errno.None ? Done(error)
        : Done(IsDirectory(entry) ? union.FSyncDirectory(Request, entry.Node, 0, dataOnly: false) : union.FSync(Request, entry.Node, 0, dataOnly: false));

    public Errno SetXattr(string target, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var (n, v) = (name.ToArray(), value.ToArray());
        var error = MayHaveXattr(target, name, Errno.PERM);
        return error != Errno.None ? Done(error) : On(target, node => union.SetXattr(Request, node, n, v, XattrFlags.None, false));
    }

    public Errno GetXattr(string target, ReadOnlySpan<byte> name, out byte[] value)
    {
        var (n, buffer, length) = (name.ToArray(), new byte[65536], 0);
        var error = MayHaveXattr(target, name, Errno.NODATA);
        error = error != Errno.None ? Done(error) : On(target, node => union.GetXattr(Request, node, n, buffer, out length));
        value = error == Errno.None ? buffer[..length] : [];
        return error;
    }

    public Errno RemoveXattr(string target, ReadOnlySpan<byte> name)
    {
        var n = name.ToArray();
        var error = MayHaveXattr(target, name, Errno.PERM);
        return error != Errno.None ? Done(error) : On(target, node => union.RemoveXattr(Request, node, n));
    }

    public Errno ListXattr(string target, out byte[] names)
    {
        var (buffer, length) = (new byte[65536], 0);
        var error = On(target, node => union.ListXattr(Request, node, buffer, out length));
        names = error == Errno.None ? buffer[..length] : [];
        return error;
    }

    public Errno ReadLink(string path, out byte[] target)
    {
        var (buffer, length) = (new byte[4096], 0);
        var error = Find(path, out var entry);
        if (error == Errno.None && !Is(entry, FileType.Symlink)) error = Errno.INVAL;
        error = error != Errno.None ? Done(error) : On(path, node => union.ReadLink(Request, node, buffer, out length));
        target = error == Errno.None ? buffer[..length] : [];
        return error;
    }

    Errno IActor.Read(string target, out byte[] bytes) => Read(target, out bytes);

    Errno IActor.Write(string target, ReadOnlySpan<byte> bytes, long? offset) => Write(target, bytes, offset);

    Errno IActor.List(string target, out List<Listed> names)
    {
        if (_open.TryGetValue(target, out var rewound)) rewound.Position = 0;
        return List(target, out names, plus: false, room: 400);
    }

    private Errno On(string target, Func<NodeId, Errno> call)
    {
        var error = Find(target, out var entry);
        return Done(error == Errno.None ? call(entry.Node) : error);
    }

    private long Advance(string target, in Entry entry, int length)
    {
        var open = _open[target];
        if (IsAppending(target)) open.Position = (long)entry.Attributes.Size;
        open.Position += length;
        return open.Position - length;
    }

    private bool IsAppending(string target) => target.StartsWith('@') && (_open[target].Flags & OpenFlags.Append) != 0;

    /// <summary>An open file description (open(2)).</summary>
    private sealed class Description
    {
        public NodeId Node { get; init; }

        public OpenFlags Flags { get; init; }

        /// <summary>It never had a name and may get one (O_TMPFILE).</summary>
        public bool IsLinkable { get; set; }

        public long Position { get; set; }
    }
}
