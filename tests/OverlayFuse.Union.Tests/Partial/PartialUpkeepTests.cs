using System.Reflection;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>When partial files are looked after in the background, and how many.</summary>
internal class PartialUpkeepTests
{
    [Test]
    public void More_files_than_may_be_open_come_up_in_the_background()
    {
        const int count = 1100; // UnionFileSystem.Open: a quarter of 4096 at most
        using var union = new PartialUnion(new byte[9000], options => options.Settle = SettlePolicy.Idle);
        union.Union.Close();
        for (var i = 0; i < count; i++) PartialUnion.Put($"{union.Union.Path}/lower1/d/{i}", new byte[9000]);
        union.Union.Open();
        for (var i = 0; i < count; i++) Assert.That(union.Kernel.Write($"d/{i}", "new"u8, 5000), Is.EqualTo(Errno.None));
        Assert.That(union.Maps, Has.Length.EqualTo(count));
        Assert.That(() => union.Maps.Length, Is.Zero.After(60_000, 100));
    }

    // A file may be written before the mount comes to start it.
    [Test]
    public void There_is_one_thread_however_often_it_is_started()
    {
        using var union = new PartialUnion(new byte[9000], options => options.Settle = SettlePolicy.Idle);
        const BindingFlags Inside = BindingFlags.NonPublic | BindingFlags.Instance;
        var upkeep = (PartialUpkeep)typeof(UnionFileSystem).GetField("_upkeep", Inside)!.GetValue(union.Union.Union)!;
        var thread = typeof(PartialUpkeep).GetField("_thread", Inside)!;
        var first = thread.GetValue(upkeep);
        Parallel.For(0, 8, _ => upkeep.Start());
        Assert.That((first is not null, thread.GetValue(upkeep)), Is.EqualTo((true, first)));
    }

    [TestCase(900, 0, 0, UpkeepStep.Wait)]
    [TestCase(1_000, 0, 0, UpkeepStep.Commit, Description = "written once, and not any more")]
    [TestCase(4_900, 0, 4_500, UpkeepStep.Wait, Description = "written on and on")]
    [TestCase(5_000, 0, 5_000, UpkeepStep.Commit)]
    [TestCase(3_000, 2_000, 1_500, UpkeepStep.Commit, Description = "committed while it was written, and quiet since")]
    [TestCase(4_000, 2_500, 1_500, UpkeepStep.Wait, Description = "committed after the pause")]
    [TestCase(7_500, 2_500, 1_500, UpkeepStep.Commit, Description = "a change that may have been under way even so")]
    [TestCase(34_000, 31_400, 1_500, UpkeepStep.Wait)]
    [TestCase(34_000, 31_500, 1_500, UpkeepStep.Release)]
    [TestCase(34_000, 31_500, 33_500, UpkeepStep.Wait, Description = "written again")]
    [TestCase(34_500, 31_500, 33_500, UpkeepStep.Commit)]
    public void A_file_is_committed_when_its_writer_pauses_and_every_five_seconds_until_nobody_changes_it(long now, long committed, long lastChange, object next) =>
        Assert.That(PartialUpkeep.Next(now, committed, lastChange), Is.EqualTo(next));
}
