using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>The requests that a walk through a tree and its reading consist of allocate nothing, once they are warm.</summary>
internal class AllocationTests
{
    private const int Rounds = 200;

    private TestUnion _union = null!;

    private UnionFileSystem Union => _union.Union;

    [SetUp]
    public void SetUp() => _union = new TestUnion(2)
        .With("upper", "d/up = \"upper\"  x whiteout")
        .With("lower1", "d/low = \"lower\"  d/other = \"o\"  x = \"x\"")
        .With("lower2", "d/deep = \"deep\"  l -> \"target\"")
        .Open();

    [TearDown]
    public void TearDown() => _union.Dispose();

    [TestCase("d/up")]
    [TestCase("d/low")]
    [TestCase("d/deep")]
    [TestCase("d")]
    public void A_lookup_of_a_known_name(string path)
    {
        _union.Kernel.Find(path.Contains('/') ? "d" : "", out var parent);
        var name = System.Text.Encoding.UTF8.GetBytes(path[(path.IndexOf('/') + 1)..]);
        AllocatesNothing(() =>
        {
            Expect(Union.Lookup(default, parent.Node, name, out var entry));
            Union.Forget(entry.Node, 1);
        }, before: () => Union.Lookup(default, parent.Node, name, out _));
    }

    [TestCase("none")]
    [TestCase("x")]
    public void A_lookup_that_finds_nothing(string name)
    {
        _union.Kernel.Find("d", out var directory);
        var bytes = System.Text.Encoding.UTF8.GetBytes(name);
        AllocatesNothing(() =>
        {
            Expect(Union.Lookup(default, directory.Node, bytes, out _));
            Expect(Union.Lookup(default, NodeId.Root, bytes, out var entry));
            if (entry.Node != NodeId.None) throw new InvalidOperationException();
        });
    }

    [Test]
    public void A_lookup_of_a_file_that_was_forgotten()
    {
        _union.Kernel.Find("d", out var directory);
        AllocatesNothing(() =>
        {
            Expect(Union.Lookup(default, directory.Node, "low"u8, out var entry));
            Union.Forget(entry.Node, 1);
        });
    }

    [Test]
    public void Reads_and_writes_of_a_file_that_is_partly_in_the_upper()
    {
        using var union = new PartialUnion(new byte[4_000_000]);
        var (fileSystem, node) = (union.Kernel.Union, union.Node);
        var (buffer, at) = (new byte[5000], 0L);
        AllocatesNothing(() =>
        {
            Expect(fileSystem.Write(default, node, 0, at, buffer.AsSpan(0, 3000), WriteFlags.None, out _)); // absent blocks, and present ones
            Expect(fileSystem.Read(default, node, 0, at, buffer, out _));
            at += 3000;
        });
        if (!union.IsPartial) throw new InvalidOperationException();
    }

    [TestCase("d/up")]
    [TestCase("d/low")]
    [TestCase("d")]
    [TestCase("l")]
    [TestCase("")]
    public void Getattr_and_statx(string path)
    {
        _union.Kernel.Find(path, out var entry);
        AllocatesNothing(() =>
        {
            Expect(Union.GetAttributes(default, entry.Node, null, out _, out _));
            Expect(Union.Statx(default, entry.Node, null, 0xfff, out _));
        });
    }

    [TestCase("d/up")]
    [TestCase("d/low")]
    public void Reading(string path)
    {
        _union.Kernel.Find(path, out var entry);
        var buffer = new byte[4096];
        AllocatesNothing(() => Expect(Union.Read(default, entry.Node, 0, 0, buffer, out _)));
    }

    [TestCase("d/up")]
    [TestCase("d/low")]
    public void Writing(string path)
    {
        _union.Kernel.Find(path, out var entry);
        var data = new byte[4096];
        AllocatesNothing(() => Expect(Union.Write(default, entry.Node, 0, 0, data, WriteFlags.None, out _)));
    }

    [Test]
    public void Reading_a_link()
    {
        _union.Kernel.Find("l", out var entry);
        var buffer = new byte[4096];
        AllocatesNothing(() => Expect(Union.ReadLink(default, entry.Node, buffer, out _)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Reading_a_directory(bool plus)
    {
        _union.Kernel.Find("d", out var directory);
        var room = new byte[4096];
        AllocatesNothing(() =>
        {
            var buffer = new DirectoryBuffer(room, plus);
            Expect(plus ? Union.ReadDirectoryPlus(default, directory.Node, 0, 0, ref buffer) : Union.ReadDirectory(default, directory.Node, 0, 0, ref buffer));
        });
    }

    [Test]
    public void Looking_for_attributes()
    {
        _union.Kernel.Find("d/low", out var entry);
        var buffer = new byte[256];
        AllocatesNothing(() =>
        {
            if (Union.GetXattr(default, entry.Node, "security.capability"u8, buffer, out _) != Errno.NODATA) throw new InvalidOperationException();
            Expect(Union.ListXattr(default, entry.Node, buffer, out _));
        });
    }

    private static void Expect(Errno error)
    {
        if (error != Errno.None) throw new InvalidOperationException(error.ToString());
    }

    private static void AllocatesNothing(Action action, Action? before = null)
    {
        before?.Invoke();
        for (var i = 0; i < Rounds; i++) action();
        var start = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++) action();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - start, Is.Zero);
    }
}
