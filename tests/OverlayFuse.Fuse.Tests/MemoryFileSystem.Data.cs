using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

// Attributes, data, listings.
internal sealed partial class MemoryFileSystem
{
    public override Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
    {
        lock (_gate) attributes = _nodes[node.Value].Attributes;
        timeout = Validity;
        return Errno.None;
    }

    public override Errno Statx(in Request request, NodeId node, ulong? handle, uint mask, out ExtendedAttributes attributes)
    {
        lock (_gate) attributes = new ExtendedAttributes { Attributes = _nodes[node.Value].Attributes, Timeout = Validity, HasBirthTime = true, BirthTime = new Timestamp(86400, 5) };
        return Errno.None;
    }

    public override Errno SetAttributes(in Request request, NodeId node, in SetAttributes change, out Attributes attributes, out TimeSpan timeout)
    {
        timeout = Validity;
        lock (_gate)
        {
            var changed = _nodes[node.Value];
            if (change.Has(SetAttributesMask.Mode)) changed.Mode = (changed.Mode & ~Mode.Permissions) | (change.Mode & Mode.Permissions);
            if (change.Has(SetAttributesMask.Uid)) changed.Uid = change.Uid;
            if (change.Has(SetAttributesMask.Gid)) changed.Gid = change.Gid;
            if (change.Has(SetAttributesMask.Size)) changed.Data = Resized(changed.Data, (int)change.Size);
            if (change.Has(SetAttributesMask.ModifyTime) && change.ModifyTime != Timestamp.Now) changed.Modified = change.ModifyTime;
            attributes = changed.Attributes;
            return Errno.None;
        }
    }

    public override Errno ReadLink(in Request request, NodeId node, Span<byte> buffer, out int length)
    {
        lock (_gate)
        {
            var target = _nodes[node.Value].Data;
            target.CopyTo(buffer);
            length = target.Length;
            return Errno.None;
        }
    }

    public override Errno Read(in Request request, NodeId node, ulong handle, long offset, Span<byte> buffer, out int count)
    {
        lock (_gate)
        {
            var rest = _nodes[node.Value].Data.AsSpan();
            rest = rest[(int)Math.Min(offset, rest.Length)..];
            count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer);
            return Errno.None;
        }
    }

    public override Errno Write(in Request request, NodeId node, ulong handle, long offset, ReadOnlySpan<byte> data, WriteFlags flags, out int count)
    {
        lock (_gate)
        {
            var written = _nodes[node.Value];
            if (written.Data.Length < offset + data.Length) written.Data = Resized(written.Data, (int)offset + data.Length);
            data.CopyTo(written.Data.AsSpan((int)offset));
            count = data.Length;
            return Errno.None;
        }
    }

    public override Errno Fallocate(in Request request, NodeId node, ulong handle, FallocateMode mode, long offset, long length)
    {
        if (mode != FallocateMode.None) return Errno.NOTSUP;
        lock (_gate)
        {
            var grown = _nodes[node.Value];
            if (grown.Data.Length < offset + length) grown.Data = Resized(grown.Data, (int)(offset + length));
            return Errno.None;
        }
    }

    public override Errno ReadDirectory(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer)
    {
        lock (_gate)
        {
            foreach (var (index, name, child) in Listing(node, offset))
            {
                if (!buffer.TryAdd(System.Text.Encoding.Latin1.GetBytes(name), child.Id, Mode.TypeOf(child.Mode), index)) break;
            }
            return Errno.None;
        }
    }

    public override Errno ReadDirectoryPlus(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer)
    {
        lock (_gate)
        {
            foreach (var (index, name, child) in Listing(node, offset))
            {
                if (!buffer.RemainingHas(name.Length)) break;
                var entry = name is "." or ".." ? new Entry { Attributes = child.Attributes } : Give(child);
                buffer.TryAdd(System.Text.Encoding.Latin1.GetBytes(name), index, entry);
            }
            return Errno.None;
        }
    }

    public override Errno StatFs(in Request request, NodeId node, out FileSystemStatus status)
    {
        status = new FileSystemStatus { Blocks = 1000, FreeBlocks = 500, AvailableBlocks = 400, Files = 20, FreeFiles = 10, BlockSize = 4096, FragmentSize = 4096, NameLength = 255 };
        return Errno.None;
    }

    public override Errno GetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        length = 0;
        lock (_gate) return _nodes[node.Value].Xattrs.TryGetValue(Key(name), out var value) ? Copy(value, buffer, out length) : Errno.NODATA;
    }

    public override Errno SetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrFlags flags, bool killSetGid)
    {
        lock (_gate) _nodes[node.Value].Xattrs[Key(name)] = value.ToArray();
        return Errno.None;
    }

    public override Errno ListXattr(in Request request, NodeId node, Span<byte> buffer, out int length)
    {
        lock (_gate) return Copy([.. _nodes[node.Value].Xattrs.Keys.SelectMany(k => System.Text.Encoding.Latin1.GetBytes(k + "\0"))], buffer, out length);
    }

    public override Errno RemoveXattr(in Request request, NodeId node, ReadOnlySpan<byte> name)
    {
        lock (_gate) return _nodes[node.Value].Xattrs.Remove(Key(name)) ? Errno.None : Errno.NODATA;
    }

    public override Errno LSeek(in Request request, NodeId node, ulong handle, long offset, Whence whence, out long result)
    {
        lock (_gate)
        {
            var size = _nodes[node.Value].Data.Length;
            result = whence == Whence.Data ? offset : size; // no holes
            return offset < size ? Errno.None : Errno.NXIO;
        }
    }

    private IEnumerable<(ulong Index, string Name, Node Child)> Listing(NodeId node, ulong offset)
    {
        var directory = _nodes[node.Value];
        var all = directory.Children.Select(c => (c.Key, c.Value)).Prepend(("..", directory)).Prepend((".", directory));
        return all.Select((c, i) => ((ulong)i + 1, c.Item1, c.Item2)).Skip((int)offset);
    }

    private static Errno Copy(byte[] value, Span<byte> buffer, out int length)
    {
        length = value.Length;
        if (buffer.IsEmpty) return Errno.None;
        if (length > buffer.Length) return Errno.RANGE;
        value.CopyTo(buffer);
        return Errno.None;
    }

    private static byte[] Resized(byte[] data, int size)
    {
        Array.Resize(ref data, size);
        return data;
    }
}
