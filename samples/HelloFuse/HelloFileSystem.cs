using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace HelloFuse;

/// <summary>A directory with one file in it. All that a file system must tell is who is called what, what it is, and what is in it.</summary>
internal sealed class HelloFileSystem : FileSystem
{
    private const uint Readable = 0x124; // r--r--r--
    private const uint Enterable = 0x49; // --x--x--x
    private static readonly NodeId Hello = new(2);

    private static ReadOnlySpan<byte> Name => "hello.txt"u8;

    private static ReadOnlySpan<byte> Text => "Hello from FUSE!\n"u8;

    public override Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
    {
        // A success without a node lets the kernel remember that there is no such name.
        var isHello = parent == NodeId.Root && name.SequenceEqual(Name);
        entry = new Entry { EntryTimeout = Entry.Forever, AttributesTimeout = Entry.Forever };
        if (isHello) (entry.Node, entry.Attributes) = (Hello, Describe(Hello));
        return Errno.None;
    }

    public override Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
    {
        attributes = Describe(node);
        timeout = Entry.Forever;
        return Errno.None;
    }

    public override Errno ReadDirectory(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer)
    {
        // A cookie says where the next request goes on: 1 after ".", 2 after "..", 3 after the file.
        if (offset < 1) buffer.TryAdd("."u8, NodeId.Root.Value, FileType.Directory, 1);
        if (offset < 2) buffer.TryAdd(".."u8, NodeId.Root.Value, FileType.Directory, 2);
        if (offset < 3) buffer.TryAdd(Name, Hello.Value, FileType.Regular, 3);
        return Errno.None;
    }

    public override Errno Read(in Request request, NodeId node, ulong handle, long offset, Span<byte> buffer, out int count)
    {
        var rest = Text[(int)Math.Min(offset, Text.Length)..];
        count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        return Errno.None;
    }

    private static Attributes Describe(NodeId node) => new()
    {
        Inode = node.Value,
        Mode = node == Hello ? (uint)FileType.Regular | Readable : (uint)FileType.Directory | Readable | Enterable,
        Size = node == Hello ? (ulong)Text.Length : 0,
        LinkCount = node == Hello ? 1u : 2u,
        BlockSize = 4096,
    };
}
