using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

public sealed class AllocationTests
{
    private static IEnumerable<TestCaseData> Requests()
    {
        yield return Case(Opcode.Lookup, new RequestBuilder(Opcode.Lookup).AddName("name"));
        yield return Case(Opcode.GetAttr, new RequestBuilder(Opcode.GetAttr).Add(new GetAttrIn()));
        yield return Case(Opcode.SetAttr, new RequestBuilder(Opcode.SetAttr).Add(new SetAttrIn()));
        yield return Case(Opcode.Read, new RequestBuilder(Opcode.Read).Add(new TransferIn { Size = 32768 }));
        yield return Case(Opcode.Write, new RequestBuilder(Opcode.Write).Add(new TransferIn { Size = 4096 }).AddBytes(new byte[4096]));
        yield return Case(Opcode.ReadDirPlus, new RequestBuilder(Opcode.ReadDirPlus).Add(new TransferIn { Size = 4096 }));
        yield return Case(Opcode.Open, new RequestBuilder(Opcode.Open).Add(new OpenIn()));
        yield return Case(Opcode.Create, new RequestBuilder(Opcode.Create).Add(new CreateIn()).AddName("name").AddGroupExtension(5));
        yield return Case(Opcode.GetXattr, new RequestBuilder(Opcode.GetXattr).Add(new OneNumber { Value = 100 }).AddName("user.a"));
        yield return Case(Opcode.Forget, new RequestBuilder(Opcode.Forget).Add(1ul));

        static TestCaseData Case(Opcode opcode, RequestBuilder request) => new TestCaseData(request).SetArgDisplayNames(opcode.ToString());
    }

    [TestCaseSource(nameof(Requests))]
    public void A_request_allocates_nothing(object request)
    {
        using var harness = new DispatcherHarness(new QuietFileSystem());
        var length = harness.Load(((RequestBuilder)request).ToArray());
        for (var i = 0; i < 100; i++) harness.ServeLoaded(length);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) harness.ServeLoaded(length);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(harness.Log, Is.Empty);
    }

    private sealed class QuietFileSystem : FileSystem
    {
        public override Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
        {
            entry = RecordingFileSystem.SomeEntry;
            return Errno.None;
        }

        public override Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
        {
            attributes = default;
            timeout = Entry.Forever;
            return Errno.None;
        }

        public override Errno SetAttributes(in Request request, NodeId node, in SetAttributes change, out Attributes attributes, out TimeSpan timeout)
        {
            attributes = default;
            timeout = Entry.Forever;
            return Errno.None;
        }

        public override Errno Open(in Request request, NodeId node, OpenFlags flags, bool killSuidGid, out OpenReply reply)
        {
            reply = default;
            return Errno.None;
        }

        public override Errno Create(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
        {
            entry = RecordingFileSystem.SomeEntry;
            reply = default;
            return Errno.None;
        }

        public override Errno Read(in Request request, NodeId node, ulong handle, long offset, Span<byte> buffer, out int count)
        {
            count = buffer.Length;
            return Errno.None;
        }

        public override Errno Write(in Request request, NodeId node, ulong handle, long offset, ReadOnlySpan<byte> data, WriteFlags flags, out int count)
        {
            count = data.Length;
            return Errno.None;
        }

        public override Errno ReadDirectoryPlus(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer)
        {
            while (buffer.RemainingHas(4)) buffer.TryAdd("name"u8, ++offset, RecordingFileSystem.SomeEntry);
            return Errno.None;
        }

        public override Errno GetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
        {
            length = 5;
            return Errno.None;
        }
    }
}
