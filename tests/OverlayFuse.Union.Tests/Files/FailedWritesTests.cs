using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What a writer is told of bytes that could not be written back.</summary>
internal class FailedWritesTests
{
    private static readonly NodeId File = new(7);

    [Test]
    public void A_failure_is_told_once_and_of_its_file_only()
    {
        var failed = new FailedWrites();
        failed.Add(File, Errno.NOSPC, 1000);
        Assert.That(failed.Take(new NodeId(8), 1001), Is.EqualTo(Errno.None));
        Assert.That(failed.Take(File, 1001), Is.EqualTo(Errno.NOSPC));
        Assert.That(failed.Take(File, 1001), Is.EqualTo(Errno.None));
    }

    [Test]
    public void A_failure_of_long_ago_is_not_told()
    {
        var failed = new FailedWrites();
        failed.Add(File, Errno.DQUOT, 1000);
        Assert.That(failed.Take(File, 1001 + FailedWrites.Life), Is.EqualTo(Errno.None));
        failed.Add(File, Errno.DQUOT, 1000);
        failed.Add(File, Errno.DQUOT, 3000);
        Assert.That(failed.Take(File, 3500), Is.EqualTo(Errno.DQUOT));
    }

    [Test]
    public void Many_files_that_nobody_writes_on_take_no_room()
    {
        var failed = new FailedWrites();
        for (ulong i = 0; i < 1000; i++) failed.Add(new NodeId(i), Errno.NOSPC, 1000);
        Assert.That(failed.Take(new NodeId(0), 1000), Is.EqualTo(Errno.None));
        Assert.That(failed.Take(new NodeId(999), 1000), Is.EqualTo(Errno.NOSPC));
    }
}
