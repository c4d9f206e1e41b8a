using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What a union says of itself: how files came up, and what that has cost.</summary>
internal sealed class StatusTests
{
    private const int Block = 4096;

    [Test]
    public void A_write_to_a_part_of_a_block_costs_the_block_and_its_place_in_the_map()
    {
        using var union = new PartialUnion([.. Enumerable.Repeat((byte)1, 100_000)]); // no hole: that would cost nothing
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        var status = Ask(union.Union);
        Assert.That((status.Written.Asked, status.Written.Filled, status.Written.Copied), Is.EqualTo((3L, (long)Block - 3, 0L)));
        Assert.That(status.Written.Maps, Is.EqualTo(3 * Block + sizeof(ulong)), "the head of a map and its bits, and the word that has the bit");
        Assert.That((status.Written.PartialFiles, status.Written.WholeFiles, status.Written.MetadataOnly, status.UnsettledFiles), Is.EqualTo((1L, 0L, 0L, 1)));
        Assert.That(status.Written.Amplification, Is.EqualTo((3 + Block - 3 + 3 * Block + sizeof(ulong)) / 3.0));

        Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        status = Ask(union.Union);
        Assert.That((status.Written.Filled, status.UnsettledFiles), Is.EqualTo((100_000L - 3, 0)), "the rest came up with it");
    }

    [Test]
    public void A_whole_file_costs_its_bytes_and_a_mode_costs_none()
    {
        using var union = new TestUnion(1).With("lower1", "f = \"12345\"  g = \"1\"").Open();
        Assert.That(union.Kernel.Write("f", "x"u8.ToArray()), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod("g", 0x180), Is.EqualTo(Errno.None));
        var status = Ask(union);
        Assert.That((status.Written.Asked, status.Written.Filled, status.Written.Maps), Is.EqualTo((1L, 0L, 0L)));
        Assert.That(status.Written.Copied, Is.EqualTo(5).Or.EqualTo(0), "0 where blocks are shared");
        Assert.That((status.Written.WholeFiles, status.Written.PartialFiles, status.Written.MetadataOnly, status.PartialFrom), Is.EqualTo((1L, 0L, 1L, (ulong?)null)));
        Assert.That((Encoding.UTF8.GetString(status.Upper!), status.Lowers, status.Durability), Is.EqualTo((union.Upper, 1, Durability.Ordered)));
    }

    [Test]
    public void What_is_read_is_what_was_written()
    {
        var status = new UnionStatus
        {
            Upper = "/upper = \n"u8.ToArray(),
            Lowers = 3,
            Data = DataMode.Passthrough,
            HoldsWrites = true,
            Transport = Transport.Ring,
            Durability = Durability.Volatile,
            PartialFrom = 1 << 20,
            Settle = SettlePolicy.Never,
            KnownNodes = 4,
            Threads = 5,
            Requests = 6,
            RequestsByKind = "Lookup 6",
            UnsettledFiles = 7,
            Written = new WriteTally(8, 9, 10, 11, 12, 13, 14),
        };
        var read = StatusText.Read(StatusText.Write(status))!;
        Assert.That(read.Upper, Is.EqualTo(status.Upper));
        Assert.That(read with { Upper = null }, Is.EqualTo(status with { Upper = null }));
        Assert.That(StatusText.Read(StatusText.Write(new UnionStatus())), Is.EqualTo(new UnionStatus()));
        Assert.That(StatusText.Read("A=/f\0"u8), Is.Null);
    }

    private static UnionStatus Ask(TestUnion union)
    {
        Assert.That(ControlServerTests.Ask(union.Union, ControlKind.Status, [], out var answer), Is.EqualTo(Errno.None));
        return StatusText.Read(answer)!;
    }
}
