using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What "check" says of files that are partly in the upper, and what it repairs: never the mark of one that still needs its map.</summary>
internal class PartialCheckTests
{
    [Test]
    public void A_file_with_its_map_and_its_lower_file_is_explained()
    {
        using var union = Partial();
        var report = UpperCheck.Run(union.Union.Stack(), repair: true);
        Assert.That(report.Problems.Select(finding => finding.Kind), Is.Empty);
        Assert.That(report.Findings.Single(finding => finding.Kind == "partial").Text, Does.StartWith("1 of its 25 blocks of 4 KiB"));
        Assert.That(report.Findings.Single(finding => finding.Kind == "fence").Text, Does.Contain("1 files"));
    }

    [Test]
    public void A_map_that_is_gone_is_left_to_people()
    {
        using var union = Partial();
        File.Delete(union.Maps[0]);
        Expect(union, "partial-without-map");
        Assert.That(union.IsPartial && union.Mark("metacopy") && union.IsFenced, Is.True);
    }

    [Test]
    public void A_map_that_is_broken_is_left_to_people()
    {
        using var union = Partial();
        File.WriteAllBytes(union.Maps[0], new byte[9000]);
        Expect(union, "partial-without-map");
        Assert.That((union.IsPartial, union.Mark("metacopy"), union.Maps.Length), Is.EqualTo((true, true, 1)));
    }

    [Test]
    public void A_mark_that_is_broken_is_left_to_people_and_so_is_any_map()
    {
        using var union = Partial();
        Assert.That(Syscall.SetXattrAt(DirFd.Cwd, Encoding.UTF8.GetBytes(union.UpperPath), "trusted.overlay.partial"u8, "abc"u8, XattrFlags.None), Is.EqualTo(Errno.None));
        Expect(union, "partial-broken");
        Assert.That((union.IsPartial, union.Mark("metacopy"), union.Maps.Length, union.IsFenced), Is.EqualTo((true, true, 1, true)));
    }

    [Test]
    public void A_lower_file_that_was_changed_is_told()
    {
        using var union = Partial();
        File.AppendAllText($"{union.Union.Path}/lower1/d/f", "more");
        Expect(union, "partial-lower-changed");
        Assert.That((union.IsPartial, union.Mark("metacopy"), union.Maps.Length, union.IsFenced), Is.EqualTo((true, true, 1, true)));
    }

    [Test]
    public void A_map_without_a_file_is_removed_and_with_the_last_one_the_fence()
    {
        using var union = Partial();
        File.Delete(union.UpperPath);
        Expect(union, "partial-without-file", "origins-without-object", "fence-needless");
        Assert.That((union.Maps.Length, union.IsFenced), Is.EqualTo((0, false)));
    }

    [Test]
    public void A_mark_that_is_left_on_a_whole_file_is_removed()
    {
        using var union = Partial();
        union.Union.Open();
        using (SyscallSeam.Watch(new StopAtUnmark())) Assert.That(union.FSync(), Is.EqualTo(Errno.IO));
        union.Union.Close();
        Assert.That((union.IsPartial, union.Mark("metacopy"), union.Maps.Length), Is.EqualTo((true, false, 1)));
        Expect(union, "partial-left", "partial-without-file", "fence-needless");
        Assert.That((union.IsPartial, union.Maps.Length, union.IsFenced), Is.EqualTo((false, 0, false)));
    }

    // After a repair nothing is left that could have been repaired.
    private static void Expect(PartialUnion union, params string[] kinds)
    {
        var report = UpperCheck.Run(union.Union.Stack(), repair: true);
        Assert.That(report.Problems.Select(finding => finding.Kind).Distinct(), Is.EquivalentTo(kinds));
        Assert.That(report.Problems.Where(finding => finding.CanRepair && !finding.IsRepaired).Select(finding => finding.Kind), Is.Empty);
    }

    private static PartialUnion Partial()
    {
        var lower = new byte[100_000];
        new Random(3).NextBytes(lower);
        var union = new PartialUnion(lower);
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        union.Union.Close();
        return union;
    }

    // The daemon dies right after the commit point of a settling.
    private sealed class StopAtUnmark : ISyscallWatcher
    {
        private bool _isOver;

        public Errno Before(in WatchedCall call)
        {
            if (_isOver) return Errno.IO;
            _isOver = call.Call == SyscallName.RemoveXattr && call.OtherName.SequenceEqual("trusted.overlay.metacopy"u8);
            return Errno.None;
        }
    }
}
