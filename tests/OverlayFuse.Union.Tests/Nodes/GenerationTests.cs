using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>By its id and a generation the kernel names a node to others: name_to_handle_at(2), and an NFS server to its clients.</summary>
internal class GenerationTests
{
    [Test]
    public void A_node_is_named_alike_in_one_mount_and_otherwise_in_the_next()
    {
        using var union = Union();
        var first = Generation(union, "f"u8);
        Assert.That((Generation(union, "f"u8), Generation(union, "d"u8)), Is.EqualTo((first, first)));
        union.Unmount();
        union.Mount();
        Assert.That(Generation(union, "f"u8), Is.Not.EqualTo(first).And.Not.Zero.And.LessThanOrEqualTo(uint.MaxValue), "the kernel keeps 32 bits");
    }

    [Test]
    public void The_root_is_named_as_the_kernel_has_named_it()
    {
        using var union = Union();
        Assert.That(Generation(union, "."u8), Is.Zero);
    }

    private static TestUnion Union() => new TestUnion(1).With("upper", "f = \"1\"  d/").Open();

    private static ulong Generation(TestUnion union, ReadOnlySpan<byte> name)
    {
        Assert.That(union.Kernel.Lookup(NodeId.Root, name, out var entry), Is.EqualTo(Errno.None));
        return entry.Generation;
    }
}
