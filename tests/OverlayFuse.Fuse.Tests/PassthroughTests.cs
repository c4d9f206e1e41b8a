using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

[RootOnly]
[CancelAfter(120_000)]
public sealed class PassthroughTests
{
    [Test]
    public void A_file_opened_in_passthrough_is_read_and_written_without_us()
    {
        var backing = Path.GetTempFileName();
        try
        {
            File.WriteAllText(backing, "from the backing file\n");
            var fileSystem = new PassthroughFileSystem(backing);
            using var mount = new LiveMount(fileSystem, options: new SessionOptions { Wanted = InitFlags.Passthrough });
            Assume.That(mount.Session.Granted & InitFlags.Passthrough, Is.Not.EqualTo(InitFlags.None), "Linux 6.9 or later");

            Assert.That(mount.Run("cat $m/f"), Is.EqualTo("from the backing file"));
            mount.Run("echo more >> $m/f");
            Assert.That(fileSystem.Opened, Is.EqualTo(Errno.None));
            Assert.That(mount.Session.Requests[Opcode.Read] + mount.Session.Requests[Opcode.Write], Is.Zero);
            Assert.That(File.ReadAllText(backing), Is.EqualTo("from the backing file\nmore\n"));
        }
        finally
        {
            File.Delete(backing);
        }
    }

    private sealed class PassthroughFileSystem(string backing) : FileSystem
    {
        private Session? _session;

        public Errno Opened { get; private set; } = Errno.NOSYS;

        public override void Started(Session session) => _session = session;

        public override Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
        {
            entry = new Entry { Node = new NodeId(2), Attributes = Describe(new NodeId(2)) };
            return name.SequenceEqual("f"u8) ? Errno.None : Errno.NOENT;
        }

        public override Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
        {
            attributes = Describe(node);
            timeout = default;
            return Errno.None;
        }

        public override Errno Open(in Request request, NodeId node, OpenFlags flags, bool killSuidGid, out OpenReply reply)
        {
            reply = default;
            Syscall.Open(backing, OpenFlags.ReadWrite, out var file);
            Opened = _session!.OpenBacking(file, out var id);
            file.Close();
            reply = new OpenReply { Handle = (ulong)id, Flags = OpenReplyFlags.Passthrough, BackingId = id };
            return Opened;
        }

        public override Errno Release(in Request request, NodeId node, ulong handle) => _session!.CloseBacking((int)handle);

        private Attributes Describe(NodeId node)
        {
            if (node == NodeId.Root) return new Attributes { Inode = 1, Mode = (uint)FileType.Directory | 0x1ed, LinkCount = 2 };
            return new Attributes { Inode = 2, Mode = (uint)FileType.Regular | 0x1b6, LinkCount = 1, Size = (ulong)new FileInfo(backing).Length };
        }
    }
}
