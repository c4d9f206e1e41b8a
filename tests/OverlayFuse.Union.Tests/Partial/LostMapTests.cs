using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// The map of a partial file is not synced when it is made. A loss of power may take it, and then the file has nothing above; whatever else takes
/// it must not pass for that.
/// </summary>
internal class LostMapTests
{
    private const int Size = 100_000;

    /// <summary>What a disk may hold of a map that was never synced.</summary>
    public enum Loss
    {
        Gone,
        Empty,
        Zeros,
        Head,
    }

    [Test]
    public void Nothing_is_synced_for_the_first_write()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Union.Tree.Upper!.Work.LayerNumbers.Sync(), Is.EqualTo(Errno.None)); // else done by the upkeep, soon after the mount
        union.Union.Tree.Upper.Work.PartialMaps.HidesStaleBytes = true;
        var watcher = new CallWatcher();
        using (SyscallSeam.Watch(watcher)) Assert.That((union.Write(50_000, "new"u8), union.Write(Size, "!"u8)), Is.EqualTo((Errno.None, Errno.None)));
        Assert.That(watcher.Calls, Does.Contain("Rename").And.Not.Contain("Sync"));
    }

    [TestCase(Durability.Ordered, "FDataSync, ")]
    [TestCase(Durability.Volatile, "")]
    public void Where_a_disk_may_show_what_was_there_before_the_map_is_synced_when_it_is_made(Durability durability, string sync)
    {
        using var union = new PartialUnion(Lower(), options => options.Durability = durability);
        union.Union.Tree.Upper!.Work.PartialMaps.HidesStaleBytes = false;
        var watcher = new CallWatcher();
        using (SyscallSeam.Watch(watcher)) Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(watcher.Calls, Does.Contain($"PWrite, {sync}SetXattr  trusted.overlay.partial"));
    }

    [Test]
    public void Where_that_sync_fails_nothing_is_left_behind()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Union.Tree.Upper!.Work.LayerNumbers.Sync(), Is.EqualTo(Errno.None));
        union.Union.Tree.Upper.Work.PartialMaps.HidesStaleBytes = false;
        using (SyscallSeam.Watch(new FailingSync())) Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.IO));
        Assert.That((File.Exists(union.UpperPath), union.Maps.Length, union.IsFenced, union.Union.Leftovers()), Is.EqualTo((false, 0, false, "")));
    }

    [TestCase(Loss.Gone)]
    [TestCase(Loss.Empty)]
    [TestCase(Loss.Zeros)]
    [TestCase(Loss.Head)]
    public void A_loss_of_power_leaves_what_is_below(Loss loss)
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        union.Union.Close();
        Lose(union, loss);
        Directory.Delete($"{union.Union.Path}/work/work", recursive: true); // the fence was not synced either
        union.Union.Boot = new BootId(Guid.NewGuid());
        Explained(union, "0 of its 25 blocks of 4 KiB");
        union.Union.Open();
        Assert.That(union.Bytes(), Is.EqualTo(Lower()));
        Assert.That((union.IsPartial, union.Maps.Length, union.IsFenced, union.Union.Union.Status().UnsettledFiles), Is.EqualTo((true, 1, true, 1)));
        Assert.That(union.Write(10, "again"u8), Is.EqualTo(Errno.None));
        union.Remount(clean: false);
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 10, "again"u8)));
        union.Remount(clean: true);
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 10, "again"u8)));
        Assert.That((union.IsPartial, union.Mark("metacopy"), union.Maps.Length, union.IsFenced), Is.EqualTo((false, false, 0, false)));
    }

    [Test]
    public void A_fence_that_is_left_goes_with_the_next_mount()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        union.Union.Close();
        Lose(union, Loss.Gone);
        union.Union.Boot = new BootId(Guid.NewGuid());
        union.Union.Open();
        Assert.That(union.IsFenced, Is.True);
        Assert.That(union.Union.Union.End(), Is.Empty);
        Assert.That(union.IsFenced, Is.False);
    }

    // A form of mount that makes no partial files has to look after those that are there.
    [Test]
    public void What_is_written_to_such_a_file_is_committed_by_any_mount()
    {
        var isOn = true;
        using var union = new PartialUnion(Lower(), options => options.WholeUpTo = isOn ? PartialUnion.WholeUpTo : null);
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        union.Union.Close();
        Lose(union, Loss.Gone);
        isOn = false;
        union.Union.Boot = new BootId(Guid.NewGuid());
        union.Union.Open();
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(() => File.ReadAllBytes(union.Maps[0]).AsSpan(PartialLayout.For(Size).CommittedAt).ContainsAnyExcept((byte)0), Is.True.After(20_000, 50));
    }

    [Test]
    public void What_was_cut_away_does_not_come_back_with_it()
    {
        using var union = new PartialUnion(Lower());
        Assert.That((union.Truncate(60_000), union.Truncate(80_000)), Is.EqualTo((Errno.None, Errno.None)));
        Assert.That(union.IsPartial, Is.True);
        union.Union.Close();
        Lose(union, Loss.Gone);
        union.Union.Boot = new BootId(Guid.NewGuid());
        union.Union.Open();
        Assert.That(union.Bytes(), Is.EqualTo((byte[])[.. Lower()[..60_000], .. new byte[20_000]]));
    }

    [TestCase(Loss.Gone)]
    [TestCase(Loss.Zeros)]
    public void While_the_kernel_lives_a_map_has_to_be_there(Loss loss)
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        union.Union.Close();
        Lose(union, loss);
        Refused(union);
    }

    // After a sync, one that nobody asked for, or the end of the mount.
    [TestCase("fsync")]
    [TestCase("commit")]
    [TestCase("end")]
    public void So_it_has_after_another_boot_when_it_was_on_disk(string how)
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        if (how == "end") Assert.That(union.Union.Union.End(), Is.Empty);
        else Assert.That(how == "fsync" ? union.FSync() : union.CommitUnasked(), Is.EqualTo(Errno.None));
        union.Union.Close();
        var map = File.ReadAllBytes(union.Maps[0]);
        Lose(union, Loss.Gone);
        union.Union.Boot = new BootId(Guid.NewGuid());
        Refused(union);
        File.WriteAllBytes($"{union.Union.Path}/work/overlayfuse/partial/{MapName(union)}", map);
        union.Union.Open();
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 50_000, "new"u8)));
    }

    [Test]
    public void A_lower_file_that_was_changed_meanwhile_is_not_taken_for_the_old_one()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        union.Union.Close();
        Lose(union, Loss.Empty);
        File.WriteAllBytes($"{union.Union.Path}/lower1/d/f", new byte[Size]);
        Assert.That(UpperCheck.Run(union.Union.Stack(), repair: false).Problems.Select(finding => finding.Kind), Does.Contain("partial-without-map"), "in the same boot");
        union.Union.Boot = new BootId(Guid.NewGuid());
        union.Union.Open();
        Assert.That(union.Read(10, new byte[3], out _), Is.EqualTo(Errno.IO));
    }

    [Test]
    public void The_mark_of_an_ordinary_user_grows_too() => OrdinaryUser.Run(() =>
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never), form: TestUnion.Form.OrdinaryUser);
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(MarkOf(union, "user").IsYoung, Is.True);
        Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        Assert.That(MarkOf(union, "user").IsYoung, Is.False);
    });

    private static void Refused(PartialUnion union)
    {
        union.Union.Open();
        Assert.That(union.Read(10, new byte[3], out _), Is.EqualTo(Errno.IO));
        Assert.That(union.Write(10, "x"u8), Is.EqualTo(Errno.IO));
        union.Union.Close();
        var report = UpperCheck.Run(union.Union.Stack(), repair: true);
        Assert.That(report.Problems.Select(finding => finding.Kind), Does.Contain("partial-without-map"));
        Assert.That(union.IsPartial && union.Mark("metacopy"), Is.True);
    }

    // "check" and "explain" ask for the boot themselves: so here it is the mark that is of another one.
    private static void Explained(PartialUnion union, string begin)
    {
        var mark = MarkOf(union, "trusted");
        var old = (mark with { Boot = new BootId(Guid.NewGuid()) }).Write(new byte[PartialMark.YoungLength]);
        Assert.That(Syscall.SetXattrAt(DirFd.Cwd, Encoding.UTF8.GetBytes(union.UpperPath), "trusted.overlay.partial"u8, old, XattrFlags.Replace), Is.EqualTo(Errno.None));
        var report = UpperCheck.Run(union.Union.Stack(), repair: false);
        Assert.That(report.Problems.Select(finding => finding.Kind), Is.Empty);
        Assert.That(report.Findings.Single(finding => finding.Kind == "partial").Text, Does.StartWith(begin));
        using var unmounted = new UnmountedUnion([Encoding.UTF8.GetBytes($"{union.Union.Path}/lower1")], [], Encoding.UTF8.GetBytes(union.Union.Upper),
            Encoding.UTF8.GetBytes($"{union.Union.Path}/work"), readOnly: false);
        Assert.That(unmounted.Explain("d/f"u8, out var explanation), Is.EqualTo(Errno.None));
        Assert.That((explanation!.Decisive!.IsPartial, explanation.IsDataChanged), Is.EqualTo((true, false)));
    }

    private static void Lose(PartialUnion union, Loss loss)
    {
        var map = union.Maps.Single();
        var bytes = File.ReadAllBytes(map);
        if (loss == Loss.Gone) File.Delete(map);
        else File.WriteAllBytes(map, loss switch { Loss.Empty => [], Loss.Zeros => new byte[bytes.Length], _ => bytes[..4096] });
    }

    private static PartialMark MarkOf(PartialUnion union, string family)
    {
        var value = new byte[PartialMark.YoungLength];
        Assert.That(Syscall.GetXattrAt(DirFd.Cwd, Encoding.UTF8.GetBytes(union.UpperPath), Encoding.UTF8.GetBytes($"{family}.overlay.partial"), value, out var length), Is.EqualTo(Errno.None));
        Assert.That(PartialMark.TryRead(value.AsSpan(0, length), out var mark), Is.True);
        return mark;
    }

    private static string MapName(PartialUnion union) => Encoding.ASCII.GetString(MarkOf(union, "trusted").Name(new byte[PartialMark.NameLength]));

    private static byte[] Lower()
    {
        var bytes = new byte[Size];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Put(byte[] bytes, int at, ReadOnlySpan<byte> data)
    {
        data.CopyTo(bytes.AsSpan(at));
        return bytes;
    }

    private sealed class FailingSync : ISyscallWatcher
    {
        public Errno Before(in WatchedCall call) => call.Call == SyscallName.FDataSync ? Errno.IO : Errno.None;
    }
}
