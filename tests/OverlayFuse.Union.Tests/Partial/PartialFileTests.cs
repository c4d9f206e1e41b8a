using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What becomes of a large lower file that is written, step by step.</summary>
internal class PartialFileTests
{
    private const int Size = 100_000;

    [Test]
    public void A_write_brings_up_the_blocks_it_touches_and_no_more()
    {
        using var union = new PartialUnion(Lower(), above: "/var/tmp");
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Stat(union.UpperPath, out var status), Is.EqualTo(Errno.None));
        Assert.That((int)status.Size, Is.EqualTo(Size));
        Assert.That(status.Blocks, Is.InRange(8, 24), "sectors on disk, and perhaps some for the attributes");
        Assert.That((union.Mark("metacopy"), union.IsPartial, union.Maps.Length, union.IsFenced), Is.EqualTo((true, true, 1, true)));
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 50_000, "new"u8)));
    }

    [Test]
    public void An_append_copies_nothing()
    {
        using var union = new PartialUnion(Lower(), above: "/var/tmp");
        Assert.That(union.Write(Size, "!"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Bytes(), Is.EqualTo((byte[])[.. Lower(), (byte)'!']));
        using var watcher = SyscallSeam.Watch(new CallWatcher { StopAfter = 1 }); // one call, or it fails
        Assert.That(union.Write(Size + 1, "!"u8), Is.EqualTo(Errno.None));
    }

    [Test]
    public void What_a_sync_in_the_background_met_is_told_by_the_next_one_and_only_by_it()
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new CallWatcher { FailAt = 0, Failure = Errno.IO })) union.CommitUnasked();
        Assert.That(new[] { union.FSync(), union.FSync() }, Is.EqualTo(new[] { Errno.IO, Errno.None }));
    }

    // NOSPC too: it is not the room for the rest that was missing.
    [TestCase(Errno.IO, false)]
    [TestCase(Errno.IO, true)]
    [TestCase(Errno.NOSPC, false)]
    public void So_it_is_where_a_sync_completes_the_file(object failure, bool completedInVain)
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new CallWatcher { FailAt = 0, Failure = (Errno)failure })) union.CommitUnasked();
        Assert.That(union.Union.Tree.Find(union.Node, out var slot), Is.EqualTo(Errno.None));
        if (completedInVain) Assert.That(union.Union.Union.CopyUp.Whole(slot, isHeard: false), Is.EqualTo(Errno.IO));
        Assert.That((union.FSync(), union.IsPartial), Is.EqualTo((Errno.IO, true)));
        Assert.That((union.FSync(), union.IsPartial), Is.EqualTo((Errno.None, false)));
    }

    [Test]
    public void What_nobody_syncs_is_committed_soon_and_then_costs_nothing()
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        var layout = PartialLayout.For(Size);
        var block = 50_000 / (int)layout.BlockSize;
        Assert.That(() => File.ReadAllBytes(union.Maps[0])[layout.CommittedAt + block / 8] >> block % 8 & 1, Is.EqualTo(1).After(20_000, 50));
        Assert.That(union.Write(50_001, "more"u8), Is.EqualTo(Errno.None));
        var watcher = new CallWatcher();
        using (SyscallSeam.Watch(watcher)) union.CommitUnasked();
        Assert.That(watcher.Count, Is.Zero, watcher.Calls);
    }

    [Test]
    public void What_a_plain_file_shows_a_partial_one_shows()
    {
        using var union = new PartialUnion(Lower(), above: "/var/tmp");
        Assert.That(union.Kernel.Stat("d/f", out var before), Is.EqualTo(Errno.None));
        Assert.That(union.Write(Size - 3, "end"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Stat("d/f", out var after), Is.EqualTo(Errno.None));
        Assert.That((after.Size, after.Inode, after.LinkCount), Is.EqualTo((before.Size, before.Inode, before.LinkCount)));
        Assert.That(after.Blocks, Is.GreaterThanOrEqualTo(before.Size / 512), "or tar takes it for sparse");
        Assert.That(union.Kernel.ListXattr("d/f", out var names), Is.EqualTo(Errno.None));
        Assert.That(Encoding.UTF8.GetString(names), Does.Not.Contain("overlay"));
    }

    [Test]
    public void A_small_file_comes_up_whole_and_so_does_one_with_several_names()
    {
        using var union = new PartialUnion(new byte[PartialUnion.WholeUpTo]);
        Assert.That(union.Write(1, "x"u8), Is.EqualTo(Errno.None));
        Assert.That((union.IsPartial, union.Maps.Length, union.IsFenced), Is.EqualTo((false, 0, false)));

        using var linked = new PartialUnion(Lower());
        linked.Union.Close();
        linked.Union.Shell("ln lower1/d/f lower1/d/g");
        linked.Union.Open();
        Assert.That(linked.Write(1, "x"u8), Is.EqualTo(Errno.None));
        Assert.That((linked.IsPartial, linked.Maps.Length), Is.EqualTo((false, 0)));
    }

    [Test]
    public void Fsync_completes_a_file_unless_its_lower_is_declared_immutable()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Stat("d/f", out var before), Is.EqualTo(Errno.None));
        Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Stat("d/f", out var after), Is.EqualTo(Errno.None));
        Assert.That((union.Mark("metacopy"), union.IsPartial, union.Maps.Length, union.IsFenced), Is.EqualTo((false, false, 0, false)));
        Assert.That(after.ModifyTime, Is.EqualTo(before.ModifyTime));
        Assert.That(File.ReadAllBytes(union.UpperPath), Is.EqualTo(Put(Lower(), 50_000, "new"u8)));

        using var immutable = new PartialUnion(Lower(), options => options.Immutable = true);
        Assert.That(immutable.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(immutable.FSync(), Is.EqualTo(Errno.None));
        Assert.That(immutable.IsPartial, Is.True);
    }

    [Test]
    public void A_hole_below_is_passed_over_at_once_however_long_it_is()
    {
        using var union = new PartialUnion(Lower());
        union.Union.Close();
        union.Union.Shell("truncate -s 4G lower1/d/f; printf island | dd of=lower1/d/f bs=1M seek=3000 conv=notrunc status=none");
        union.Union.Open();
        Assert.That(union.Write(2_000_000_000, "new"u8), Is.EqualTo(Errno.None));
        var watcher = new CallWatcher();
        using (SyscallSeam.Watch(watcher)) Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        var calls = watcher.Calls.Split(", ").Select(call => call.Split(' ')[0]).ToList();
        Assert.That((union.IsPartial, calls.Count(call => call == "CopyFileRange"), calls.Contains("Fallocate")), Is.EqualTo((false, 2, false)), watcher.Calls);
        Assert.That(calls, Has.Count.LessThan(60), "the bits of 4 GiB are 32 pages");
        Assert.That(Syscall.Stat(union.UpperPath, out var status), Is.EqualTo(Errno.None));
        Assert.That((status.Size, status.Blocks < 400), Is.EqualTo((4ul << 30, true)));
        foreach (var (at, text) in new[] { (2_000_000_000L, "new\0"), (3000L << 20, "island\0"), (1_000_000_000, "\0") })
        {
            var buffer = new byte[text.Length];
            Assert.That(union.Read(at, buffer, out _), Is.EqualTo(Errno.None));
            Assert.That(Encoding.UTF8.GetString(buffer), Is.EqualTo(text));
        }
    }

    [TestCase(FallocateMode.CollapseRange)]
    [TestCase(FallocateMode.InsertRange)]
    public void Bytes_are_never_shifted(FallocateMode mode)
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Allocate(mode, 4096, 4096), Is.EqualTo(Errno.NOTSUP));
        Assert.That(union.IsPartial);
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 50_000, "new"u8)));
    }

    [Test]
    public void Over_a_hole_what_is_left_in_absent_blocks_goes_and_what_was_allocated_stays()
    {
        var lower = new byte[3_000_000];
        Lower().CopyTo(lower, 0);
        using var union = new PartialUnion(lower, above: "/var/tmp");
        Assert.That(union.Write(0, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Allocate(FallocateMode.None, 1_000_000, 400_000), Is.EqualTo(Errno.None));
        using (var upper = File.OpenWrite(union.UpperPath)) RandomAccess.Write(upper.SafeFileHandle, "left by a write that a loss of power has undone"u8, 2_500_000);
        Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        Assert.That(File.ReadAllBytes(union.UpperPath), Is.EqualTo(Put(lower, 0, "new"u8)));
        Assert.That(Syscall.Stat(union.UpperPath, out var status), Is.EqualTo(Errno.None));
        Assert.That(status.Blocks * 512, Is.InRange(500_000, 540_000));
    }

    // Two descriptions of one map would undo each other's bits.
    [Test]
    public void A_union_that_ends_while_a_request_is_served_leaves_its_maps_alone()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        var map = File.ReadAllBytes(union.Maps[0]);
        Assert.That(union.Union.Union.End(isServing: true), Has.Count.EqualTo(1));
        Assert.That((union.IsPartial, union.IsFenced), Is.EqualTo((true, true)));
        Assert.That(File.ReadAllBytes(union.Maps[0]), Is.EqualTo(map));
        union.Remount(clean: true);
        Assert.That((union.IsPartial, File.ReadAllBytes(union.UpperPath)), Is.EqualTo((false, Put(Lower(), 50_000, "new"u8))));
    }

    [Test]
    public void A_changed_lower_file_is_an_error_on_what_was_left_below_and_nothing_else()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        File.WriteAllBytes($"{union.Union.Path}/lower1/d/f", new byte[Size]);
        foreach (var again in (bool[])[false, true])
        {
            if (again) union.Remount(clean: false);
            var buffer = new byte[3];
            Assert.That(union.Read(50_000, buffer, out var count), Is.EqualTo(Errno.None));
            Assert.That(Encoding.UTF8.GetString(buffer, 0, count), Is.EqualTo("new"));
            Assert.That(union.Read(10, buffer, out _), Is.EqualTo(Errno.IO));
            Assert.That(union.Read(49_000, new byte[4000], out _), Is.EqualTo(Errno.IO), "a range of both");
            Assert.That(union.Write(10, "x"u8), Is.EqualTo(Errno.IO), "a block that would have to be filled");
            Assert.That(union.Write(4096, new byte[4096]), Is.EqualTo(Errno.None), "a whole block");
        }
        Assert.That(union.FSync(), Is.EqualTo(Errno.IO));
        Assert.That(union.Union.Union.End(), Is.Not.Empty);
        Assert.That(union.IsPartial && union.IsFenced && union.Maps.Length == 1, Is.True);
        Assert.That(union.Truncate(0), Is.EqualTo(Errno.None));
        Assert.That(union.Union.Union.End(), Is.Empty);
        Assert.That(union.IsFenced, Is.False);
    }

    [Test]
    public void Explain_says_what_a_partial_file_depends_on()
    {
        using var union = new PartialUnion(Lower());
        var desk = new LayerView(union.Union.Tree.RootDirectory is var root ? [root.Upper!.Layer, root.Lowers[0].Layer] : [], union.Union.Tree.Search, Writer: null, (_, _) => false) { Maps = union.Union.Tree.Upper!.Work.PartialMaps.Directory };
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(desk.Explain("d/f"u8, out var explanation), Is.EqualTo(Errno.None));
        Assert.That((explanation!.Decisive!.IsPartial, explanation.DataLayer, Encoding.UTF8.GetString(explanation.DataPlace!), explanation.IsDataChanged), Is.EqualTo((true, 1, "/d/f", false)));
        Assert.That(ExplanationText.Read(ExplanationText.Write(explanation))!.Decisive!.IsPartial, Is.True);
        File.AppendAllText($"{union.Union.Path}/lower1/d/f", "more");
        Assert.That(desk.Explain("d/f"u8, out explanation), Is.EqualTo(Errno.None));
        Assert.That(ExplanationText.Read(ExplanationText.Write(explanation!))!.IsDataChanged, Is.True);
        using var unmounted = new UnmountedUnion([Bytes("lower1")], [], Bytes("upper"), Bytes("work"), readOnly: false);
        Assert.That(unmounted.Explain("d/f"u8, out explanation), Is.EqualTo(Errno.None));
        Assert.That((explanation!.Decisive!.IsPartial, explanation.IsDataChanged), Is.EqualTo((true, true)), "with the layers alone");
        Assert.That(desk.Changes(out var changes), Is.EqualTo(Errno.ROFS).Or.EqualTo(Errno.None));
        Assert.That(changes.Select(change => (change.Kind, change.Reason)), Is.EqualTo(new[] { (ChangeKind.Modified, ChangeReason.Copy) }));

        byte[] Bytes(string name) => Encoding.UTF8.GetBytes($"{union.Union.Path}/{name}");
    }

    [Test]
    public void A_file_that_its_owner_may_only_read_becomes_plain_without_a_trace() => OrdinaryUser.Run(() =>
    {
        using var union = new PartialUnion(Lower(), form: TestUnion.Form.OrdinaryUser);
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod("d/f", 0x124), Is.EqualTo(Errno.None), "0444");
        Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        Assert.That((union.Mark("partial", "user"), union.Mark("metacopy", "user"), union.Maps.Length, union.IsFenced), Is.EqualTo((false, false, 0, false)));
        Assert.That(Syscall.StatAt(DirFd.Cwd, Encoding.UTF8.GetBytes(union.UpperPath), cached: false, out var status), Is.EqualTo(Errno.None));
        Assert.That(status.Mode & Mode.Permissions, Is.EqualTo(0x124));
    });

    [Test]
    public void A_map_that_is_gone_or_broken_makes_every_byte_an_error()
    {
        foreach (var isGone in (bool[])[true, false])
        {
            using var union = new PartialUnion(Lower());
            Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
            union.Union.Close();
            if (isGone) File.Delete(union.Maps[0]);
            else File.WriteAllBytes(union.Maps[0], new byte[5000]);
            union.Union.Open();
            Assert.That(union.Read(50_000, new byte[3], out _), Is.EqualTo(Errno.IO));
            Assert.That(union.Read(0, new byte[3], out _), Is.EqualTo(Errno.IO));
            Assert.That(union.Write(0, new byte[8192]), Is.EqualTo(Errno.IO));
            Assert.That(union.Kernel.Remove("d/f", isDirectory: false), Is.EqualTo(Errno.None));
        }
    }

    [Test]
    public void An_upper_with_partial_files_that_is_stacked_as_a_lower_layer_is_an_error_and_not_the_old_bytes()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        union.Union.Close();
        using var above = UnionFileSystem.Open(new UnionOptions
        {
            MountPoint = "/nowhere"u8.ToArray(),
            LowerDirectories = { Encoding.UTF8.GetBytes(union.Union.Upper), Encoding.UTF8.GetBytes($"{union.Union.Path}/lower1") },
        });
        Assert.That(new Kernel(above, keeps: true).Read("d/f", out _), Is.EqualTo(Errno.IO));
    }

    [Test]
    public void A_removed_file_takes_its_map_along_when_nobody_uses_it()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Open("fd", "d/f", OpenFlags.ReadWrite), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Remove("d/f", isDirectory: false), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Read("@fd", out var bytes), Is.EqualTo(Errno.None));
        Assert.That(bytes, Is.EqualTo(Put(Lower(), 50_000, "new"u8)));
        Assert.That(union.Kernel.Write("@fd", "more"u8, 10), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Read("@fd", out bytes), Is.EqualTo(Errno.None));
        Assert.That(bytes, Is.EqualTo(Put(Put(Lower(), 50_000, "new"u8), 10, "more"u8)));
        union.Kernel.Close("fd");
        union.Kernel.ForgetAll();
        Assert.That(() => (union.Maps.Length, union.IsFenced), Is.EqualTo((0, false)).After(30_000, 50), "the upkeep lets go of it within its round");
    }

    [Test]
    public void A_file_that_was_removed_when_the_daemon_died_takes_its_map_along_at_the_next_mount()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Remove("d/f", isDirectory: false), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new CallWatcher { StopAfter = 0 })) union.Union.Close();
        Assert.That(union.Maps, Has.Length.EqualTo(1));
        union.Union.Open();
        Assert.That((union.Maps.Length, union.IsFenced), Is.EqualTo((0, false)));
    }

    [Test]
    public void A_quiet_file_is_completed_in_the_background_and_keeps_its_time()
    {
        using var union = new PartialUnion(Lower(), options => options.Settle = SettlePolicy.Idle);
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Stat("d/f", out var before), Is.EqualTo(Errno.None));
        Assert.That(SpinWait.SpinUntil(() => !union.Mark("metacopy") && !union.IsFenced, TimeSpan.FromSeconds(30)), Is.True);
        Assert.That(union.Kernel.Stat("d/f", out var after), Is.EqualTo(Errno.None));
        Assert.That(after.ModifyTime, Is.EqualTo(before.ModifyTime));
        Assert.That(File.ReadAllBytes(union.UpperPath), Is.EqualTo(Put(Lower(), 50_000, "new"u8)));
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 50_000, "new"u8)));
        union.Kernel.ForgetAll();
        Assert.That(union.Union.Union.KnownNodes, Is.EqualTo(1));
    }

    [Test]
    public void Readers_and_writers_go_on_while_a_file_is_completed()
    {
        var lower = new byte[8 << 20];
        new Random(1).NextBytes(lower);
        using var union = new PartialUnion(lower, options => options.Immutable = false);
        Assert.That(union.Write(0, "x"u8), Is.EqualTo(Errno.None));
        lower[0] = (byte)'x';
        var node = union.Node;
        var (kernel, random) = (union.Kernel, new Random(2));
        var isOver = false;
        var reader = Task.Run(() =>
        {
            var buffer = new byte[100_000];
            while (!Volatile.Read(ref isOver))
            {
                var at = 4 << 20;
                Assert.That(kernel.Union.Read(kernel.Request, node, 0, at, buffer, out var count), Is.EqualTo(Errno.None));
                Assert.That(buffer.AsSpan(0, count).SequenceEqual(lower.AsSpan(at, count)), Is.True); // nobody writes there
            }
        });
        var syncer = Task.Run(() => Assert.That(kernel.Union.FSync(kernel.Request, node, 0, false), Is.EqualTo(Errno.None)));
        var model = lower.ToArray();
        for (var i = 0; i < 2000; i++)
        {
            var data = new byte[1 + random.Next(9000)];
            random.NextBytes(data);
            var at = random.Next(2) * (5 << 20) + random.Next((3 << 20) - data.Length);
            Assert.That(kernel.Union.Write(kernel.Request, node, 0, at, data, Fuse.WriteFlags.None, out _), Is.EqualTo(Errno.None));
            data.CopyTo(model.AsSpan(at));
        }
        syncer.GetAwaiter().GetResult();
        Volatile.Write(ref isOver, true);
        reader.GetAwaiter().GetResult();
        Assert.That(union.Bytes().AsSpan().SequenceEqual(model), Is.True);
        Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        Assert.That(union.IsPartial, Is.False);
        Assert.That(File.ReadAllBytes(union.UpperPath).AsSpan().SequenceEqual(model), Is.True);
    }

    [Test]
    public void Capability_and_setuid_that_come_after_the_write_outlast_the_completion()
    {
        if (!Scratch.IsRoot) Assert.Ignore("capabilities are root's to give");
        using var union = new PartialUnion(Lower(), above: "/var/tmp");
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod("d/f", 0x9ED), Is.EqualTo(Errno.None));
        byte[] capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.That(union.Kernel.SetXattr("d/f", "security.capability"u8, capability), Is.EqualTo(Errno.None));
        Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Stat("d/f", out var status), Is.EqualTo(Errno.None));
        Assert.That(status.Mode & Mode.Permissions, Is.EqualTo(0x9ED));
        Assert.That(union.Kernel.GetXattr("d/f", "security.capability"u8, out var value), Is.EqualTo(Errno.None));
        Assert.That(value, Is.EqualTo(capability));
    }

    private static byte[] Lower()
    {
        var bytes = new byte[Size];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Put(byte[] bytes, int at, ReadOnlySpan<byte> data)
    {
        data.CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
