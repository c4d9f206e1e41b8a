using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What was promised of a file's bytes holds where a step fails, the daemon dies or the power goes.</summary>
internal class KeptBytesTests
{
    private const int Size = 100_000;

    [TestCase(true, TestName = "A metacopy whose bytes came up: fdatasync(2) takes its mark with it, once")]
    [TestCase(false, TestName = "A file that came up: fdatasync(2) takes its name with it, once")]
    public void What_makes_the_bytes_count_is_synced(bool wasMetacopy)
    {
        using var union = new PartialUnion(Lower(), options => options.WholeUpTo = Size);
        if (wasMetacopy) Assert.That(union.Kernel.Chmod("d/f", 0x180), Is.EqualTo(Errno.None));
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        var calls = new CallWatcher();
        using (SyscallSeam.Watch(calls)) Assert.That((FDataSync(union), FDataSync(union)), Is.EqualTo((Errno.None, Errno.None)));
        Assert.That(calls.Calls, Does.EndWith("FSync, FDataSync"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_file_that_stays_partial_gets_its_name_and_its_mark_on_disk_with_the_first_sync(bool wasMetacopy)
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        if (wasMetacopy) Assert.That(union.Kernel.Chmod("d/f", 0x180), Is.EqualTo(Errno.None));
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        var calls = new CallWatcher();
        using (SyscallSeam.Watch(calls)) Assert.That(FDataSync(union), Is.EqualTo(Errno.None));
        Assert.That(calls.Calls, Does.Match("FSync, PWrite,.*, FSync, FDataSync, SetXattr  trusted.overlay.partial$"), "the file, the fence, the map, the mark");
    }

    [Test]
    public void Where_that_sync_fails_the_next_one_takes_it()
    {
        using var union = new PartialUnion(Lower(), options => options.WholeUpTo = Size);
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new Refusing(SyscallName.FSync, Errno.IO))) Assert.That(FDataSync(union), Is.EqualTo(Errno.IO));
        var calls = new CallWatcher();
        using (SyscallSeam.Watch(calls)) Assert.That(FDataSync(union), Is.EqualTo(Errno.None));
        Assert.That(calls.Calls, Does.EndWith("FSync"));
    }

    [Test]
    public void What_an_unmount_cannot_bring_up_outlasts_a_loss_of_power_all_the_same()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new Refusing(SyscallName.CopyFileRange, Errno.NOSPC))) Assert.That(union.Union.Union.End(), Has.One.Contains("is still partly in its lower layer"));
        union.Union.Close();
        union.Union.Boot = new BootId(Guid.NewGuid());
        union.Union.Open();
        Assert.That(union.IsPartial, Is.True);
        Assert.That(union.Bytes().AsSpan(50_000, 3).ToArray(), Is.EqualTo("new"u8.ToArray()));
    }

    [Test]
    public void A_metacopy_whose_bytes_cannot_come_up_is_never_without_its_size()
    {
        using var union = new PartialUnion(Lower(), options => options.WholeUpTo = Size);
        Assert.That(union.Kernel.Chmod("d/f", 0x180), Is.EqualTo(Errno.None));
        var sizes = new SizeWatcher(union.UpperPath);
        using (SyscallSeam.Watch(sizes)) Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.NOSPC));
        Assert.That(sizes.Seen, Is.EqualTo(new HashSet<ulong> { Size }));
        Assert.That(union.Bytes(), Is.EqualTo(Lower()));
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Bytes(), Is.EqualTo((byte[])[.. Lower()[..5], .. "new"u8, .. Lower()[8..]]));
    }

    [Test]
    public void What_a_sync_in_the_background_met_is_told_though_the_file_was_not_used_for_long()
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new CallWatcher { FailAt = 0, Failure = Errno.IO })) union.CommitUnasked();
        Assert.That(union.Kernel.Mkdir("many", 0x1c0), Is.EqualTo(Errno.None));
        for (var i = 0; i < 3000; i++) Assert.That(union.Kernel.Create($"many/{i}", "x"u8), Is.EqualTo(Errno.None));
        Assert.That(new[] { union.FSync(), union.FSync() }, Is.EqualTo(new[] { Errno.IO, Errno.None }));
    }

    [TestCase(SettlePolicy.OnUnmount)]
    [TestCase(SettlePolicy.Never)]
    public void What_nobody_was_told_of_is_told_at_the_unmount(SettlePolicy settle)
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, settle));
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new CallWatcher { FailAt = 0, Failure = Errno.IO })) union.CommitUnasked();
        Assert.That(string.Join("; ", union.Union.Union.End()), Does.Contain("what was written to /d/f may not be on disk"));
    }

    [Test]
    public void What_a_sync_has_told_is_not_told_again_at_the_unmount()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new CallWatcher { FailAt = 0, Failure = Errno.IO })) union.CommitUnasked();
        Assert.That(union.FSync(), Is.EqualTo(Errno.IO));
        Assert.That(union.Union.Union.End(), Is.Empty);
    }

    [Test]
    public void After_a_sync_of_a_map_has_failed_the_next_one_writes_its_slot_as_well()
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        Assert.That((union.Write(50_000, "new"u8), union.FSync()), Is.EqualTo((Errno.None, Errno.None)));
        Assert.That((union.Truncate(60_000), union.Truncate(80_000)), Is.EqualTo((Errno.None, Errno.None)));
        Assert.That(Syscall.Stat(union.Maps[0], out var map), Is.EqualTo(Errno.None));
        var failing = new MapSyncs(map.Inode) { FailAt = 1 };
        using (SyscallSeam.Watch(failing)) Assert.That(union.FSync(), Is.EqualTo(Errno.IO));
        Assert.That(failing.Slots, Is.EqualTo(1), "the note of the cut is taken away");
        var next = new MapSyncs(map.Inode);
        using (SyscallSeam.Watch(next)) Assert.That(union.FSync(), Is.EqualTo(Errno.None));
        Assert.That((next.Slots, next.Syncs, next.HasAll), Is.EqualTo((1, 1, true)));
        Assert.That(next.LastSlot, Is.EqualTo(failing.LastSlot), "the other one is on disk for certain");
    }

    [Test]
    public void A_cut_is_not_noted_in_a_map_that_a_failed_sync_may_have_lost()
    {
        using var union = new PartialUnion(Lower());
        Assert.That(union.Write(50_000, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Stat(union.Maps[0], out var map), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new MapSyncs(map.Inode) { FailAt = 0 })) union.CommitUnasked();
        var cut = new MapSyncs(map.Inode);
        using (SyscallSeam.Watch(cut)) Assert.That(union.Truncate(60_000), Is.EqualTo(Errno.None));
        Assert.That(cut.HasAll, Is.True);
    }

    [Test]
    public void What_the_last_sync_of_a_map_has_lost_is_written_at_the_end()
    {
        using var union = new PartialUnion(Lower(), options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        Assert.That((union.Write(50_000, "new"u8), union.FSync(), union.Write(70_000, "new"u8)), Is.EqualTo((Errno.None, Errno.None, Errno.None)));
        Assert.That(Syscall.Stat(union.Maps[0], out var map), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new MapSyncs(map.Inode) { FailAt = 0 })) union.CommitUnasked();
        var end = new MapSyncs(map.Inode);
        using (SyscallSeam.Watch(end)) Assert.That(union.Union.Union.End(), Is.Empty);
        Assert.That((end.Slots, end.Syncs, end.HasAll), Is.EqualTo((1, 1, true)));
    }

    private static byte[] Lower()
    {
        var bytes = new byte[Size];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private static Errno FDataSync(PartialUnion union) => union.Kernel.Union.FSync(union.Kernel.Request, union.Node, 0, dataOnly: true);

    private sealed class Refusing(SyscallName refused, Errno error) : ISyscallWatcher
    {
        public Errno Before(in WatchedCall call) => call.Call == refused ? error : Errno.None;
    }

    // No bytes can be copied; what size the file has before each other call.
    private sealed class SizeWatcher(string path) : ISyscallWatcher
    {
        public HashSet<ulong> Seen { get; } = [];

        public Errno Before(in WatchedCall call)
        {
            if (Syscall.Stat(path, out var status) == Errno.None) Seen.Add(status.Size);
            return call.Call is SyscallName.CopyFileRange or SyscallName.PWrite or SyscallName.Clone ? Errno.NOSPC : Errno.None;
        }
    }

    // What is written where the slots are, and how often the map is synced.
    private sealed class MapSyncs(ulong inode) : ISyscallWatcher
    {
        private readonly HashSet<long> _places = [];

        public int FailAt { get; init; } = -1;

        public int Syncs { get; private set; }

        public int Slots { get; private set; }

        public long LastSlot { get; private set; }

        /// <summary>The header was written, and both kinds of bits, from the first one on.</summary>
        public bool HasAll => _places.IsSupersetOf([0, PartialLayout.BitsAt, PartialLayout.For(Size).CommittedAt]);

        public Errno Before(in WatchedCall call)
        {
            if (Syscall.Stat(new Fd(call.Descriptor), out var status) != Errno.None || status.Inode != inode) return Errno.None;
            if (call.Call == SyscallName.PWrite) _places.Add(call.Offset);
            if (call.Call == SyscallName.PWrite && call.Offset is > 0 and < PartialLayout.BitsAt) (Slots, LastSlot) = (Slots + 1, call.Offset);
            return call.Call == SyscallName.FDataSync && Syncs++ == FailAt ? Errno.IO : Errno.None;
        }
    }
}
