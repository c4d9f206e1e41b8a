using System.Runtime.InteropServices;
using System.Text;
using OverlayFuse.Fuse.Wire;

namespace OverlayFuse.Fuse.Tests;

/// <summary>Writes a request as the kernel would.</summary>
internal sealed class RequestBuilder(Opcode opcode, ulong node = 1)
{
    private readonly List<byte> _body = [];
    private ushort _extensionLength;

    public ulong Unique { get; init; } = 2;

    public uint Uid { get; init; } = 1000;

    public RequestBuilder Add<T>(T value) where T : unmanaged => AddBytes(MemoryMarshal.AsBytes([value]));

    public RequestBuilder AddName(string name) => AddBytes([.. Encoding.UTF8.GetBytes(name), 0]);

    public RequestBuilder AddBytes(ReadOnlySpan<byte> bytes)
    {
        _body.AddRange(bytes);
        return this;
    }

    public RequestBuilder AddGroupExtension(uint group)
    {
        _extensionLength = 2;
        return Add(new ExtensionHeader { Size = 16, Type = ExtensionHeader.Groups }).Add(1u).Add(group);
    }

    public byte[] ToArray()
    {
        var header = new InHeader
        {
            Length = (uint)(Exchange.HeaderSize + _body.Count),
            Opcode = opcode,
            Unique = Unique,
            Node = new NodeId(node),
            Uid = Uid,
            Gid = 100,
            Pid = 77,
            ExtensionLength = _extensionLength,
        };
        return [.. MemoryMarshal.AsBytes([header]), .. _body];
    }
}
