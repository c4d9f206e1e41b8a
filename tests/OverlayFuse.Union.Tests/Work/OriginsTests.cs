using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class OriginsTests
{
    private static readonly Timestamp Birth = new(0x65000000, 7);

    private Scratch _scratch = null!;

    private string File => $"{_scratch.Path}/work/origins";

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void An_origin_is_found_again_until_it_is_removed()
    {
        using (var origins = Open())
        {
            Assert.That(origins.TryGet(10, out _), Is.False);
            Assert.That(origins.Add(10, Birth, 0x1_0000_0000_0001), Is.EqualTo(Errno.None));
            Assert.That(origins.Add(11, Birth, 0x1_0000_0000_0002), Is.EqualTo(Errno.None));
            Assert.That(origins.Remove(11), Is.EqualTo(Errno.None));
            Assert.That(origins.Remove(12), Is.EqualTo(Errno.None));
            Assert.That(origins.TryGet(10, out var number), Is.True);
            Assert.That(number, Is.EqualTo(0x1_0000_0000_0001));
        }
        using (var origins = Open())
        {
            Assert.That(origins.TryGet(10, out var number), Is.True);
            Assert.That(number, Is.EqualTo(0x1_0000_0000_0001));
            Assert.That(origins.TryGet(11, out _), Is.False);
        }
    }

    [Test]
    public void The_form_is_additions_and_tombstones()
    {
        using (var origins = Open())
        {
            origins.Add(0x0a, Birth, 0x1_0000_0000_0001);
            origins.Remove(0x0a);
        }
        Assert.That(Convert.ToHexStringLower(System.IO.File.ReadAllBytes(File)), Is.EqualTo(
            "6f667573652d6f31"
            + "2f707406" + "1d00" + "01" + "0a00000000000000" + "0100000000000100" + "0000006500000000" + "07000000"
            + "00004cac" + "0900" + "02" + "0a00000000000000"));
    }

    [Test]
    public void An_inode_given_to_another_object_does_not_match()
    {
        using var origins = Open();
        origins.Add(10, Birth, 99);
        Assert.That(origins.Matches(10, Birth), Is.True);
        Assert.That(origins.Matches(10, Birth with { Nanoseconds = 8 }), Is.False);
        Assert.That(origins.Matches(11, Birth), Is.False);
    }

    [Test]
    public void The_last_word_on_an_inode_counts()
    {
        using (var origins = Open())
        {
            origins.Add(10, Birth, 1);
            origins.Add(10, Birth, 2);
            origins.Remove(10);
            origins.Add(10, Birth, 3);
        }
        using var again = Open();
        Assert.That(again.TryGet(10, out var number), Is.True);
        Assert.That(number, Is.EqualTo(3));
    }

    [Test]
    public void A_file_of_mostly_dead_records_is_rewritten_at_opening()
    {
        using (var origins = Open())
        {
            for (var inode = 1ul; inode <= 1000; inode++) origins.Add(inode, Birth, inode + 7);
            for (var inode = 1ul; inode <= 990; inode++) origins.Remove(inode);
        }
        var before = new FileInfo(File).Length;
        using (var origins = Open())
        {
            Assert.That(new FileInfo(File).Length, Is.EqualTo(8 + (10 * 35)).And.LessThan(before));
            origins.Add(2000, Birth, 1);
        }
        using var again = Open();
        Assert.That(again.TryGet(991, out var number), Is.True);
        Assert.That(number, Is.EqualTo(998));
        Assert.That(again.TryGet(2000, out _), Is.True);
        Assert.That(again.TryGet(990, out _), Is.False);
    }

    [Test]
    public void Threads_may_add_and_remove_at_once()
    {
        using (var origins = Open())
        {
            Parallel.For(0, 4, thread =>
            {
                for (var i = 0ul; i < 1000; i++)
                {
                    var inode = ((ulong)thread * 1000) + i;
                    origins.Add(inode, Birth, inode);
                    if (i % 2 == 0) origins.Remove(inode);
                }
            });
        }
        using var again = Open();
        var known = Enumerable.Range(0, 4000).Count(inode => again.TryGet((ulong)inode, out var number) && number == (ulong)inode);
        Assert.That(known, Is.EqualTo(2000));
    }

    [Test]
    public void Asking_and_noting_allocate_nothing()
    {
        using var origins = Open();
        for (var inode = 0ul; inode < 100; inode++) origins.Add(inode, Birth, inode);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var inode = 0ul; inode < 100; inode++)
        {
            origins.TryGet(inode, out _);
            origins.Matches(inode, Birth);
            origins.Add(inode, Birth, inode);
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private Origins Open()
    {
        Assert.That(Origins.Open(_scratch.Work, out var origins), Is.EqualTo(Errno.None));
        return origins!;
    }
}
