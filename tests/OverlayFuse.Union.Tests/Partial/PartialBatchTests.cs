using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Many partial files that are committed, or made plain, at a time.</summary>
internal class PartialBatchTests
{
    private const int Size = 30_000;
    private const int Count = 5;

    [Test]
    public void Two_syncs_of_the_file_system_commit_any_number_of_files()
    {
        using var union = Open();
        var syncs = new Syncs();
        using (SyscallSeam.Watch(syncs)) Batch(union).Commit(Files(union));
        Assert.That((syncs.OfFileSystem, syncs.OfFiles), Is.EqualTo((2, 1)), "one of the fence");
        Assert.That(union.Maps.Select(HasCommitted), Is.All.True);
        syncs = new Syncs();
        using (SyscallSeam.Watch(syncs)) Batch(union).Commit(Files(union));
        Assert.That((syncs.OfFileSystem, syncs.OfFiles), Is.EqualTo((0, 0)), "there is nothing new");
        AfterAnotherBoot(union);
    }

    [Test]
    public void Two_syncs_of_the_file_system_make_any_number_of_files_plain()
    {
        using var union = Open();
        Fill(union);
        var syncs = new Syncs();
        using (SyscallSeam.Watch(syncs)) Batch(union).Complete(Files(union));
        Assert.That((syncs.OfFileSystem, syncs.OfFiles, syncs.Order), Is.EqualTo((2, 0, "sync unmark sync unmap")));
        ArePlain(union, Count);
    }

    [Test]
    public void A_few_files_are_synced_by_themselves()
    {
        using var union = Open();
        Fill(union);
        var syncs = new Syncs();
        using (SyscallSeam.Watch(syncs)) new PartialBatch(union.Union.Union.CopyUp, union.Union.Tree.Upper!).Complete(Files(union)[..3]);
        Assert.That((syncs.OfFileSystem, syncs.OfFiles), Is.EqualTo((0, 6)));
        ArePlain(union, 3);
    }

    [Test]
    public void Where_a_sync_of_the_file_system_reaches_no_disk_each_file_is_synced()
    {
        using var union = Open();
        typeof(Upper).GetProperty(nameof(Upper.IsSyncedAsWhole))!.SetValue(union.Union.Tree.Upper, false);
        var syncs = new Syncs();
        using (SyscallSeam.Watch(syncs)) Batch(union).Commit(Files(union));
        Assert.That((syncs.OfFileSystem, syncs.OfFiles), Is.EqualTo((0, 2 * Count + 1)), "the files, their maps and the fence");
        Fill(union);
        using (SyscallSeam.Watch(syncs)) Batch(union).Complete(Files(union));
        Assert.That(syncs.OfFileSystem, Is.Zero);
        ArePlain(union, Count);
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Where_the_file_system_cannot_be_synced_each_file_is(int failing)
    {
        using var union = Open();
        using (SyscallSeam.Watch(new Syncs { FailAt = failing })) Batch(union).Commit(Files(union));
        Assert.That(union.Maps.Select(HasCommitted), Is.All.True);
        Fill(union);
        using (SyscallSeam.Watch(new Syncs { FailAt = failing })) Batch(union).Complete(Files(union));
        ArePlain(union, Count);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_file_whose_bytes_did_not_come_to_the_disk_says_so_and_the_others_go_on(bool completes)
    {
        using var union = Open();
        if (completes) Fill(union);
        var files = Files(union);
        using (SyscallSeam.Watch(new Lost(files[2].File.Fd)))
        {
            if (completes) Batch(union).Complete(files);
            else Batch(union).Commit(files);
        }
        if (completes) Assert.That(Enumerable.Range(0, Count).Select(i => union.Union.Tree.Nodes[files[i].Slot].Has(NodeFlags.Partial)), Is.EqualTo(new[] { false, false, true, false, false }));
        Assert.That(Enumerable.Range(0, Count).Select(i => FSync(union, i)), Is.EqualTo(new[] { Errno.None, Errno.None, Errno.IO, Errno.None, Errno.None }));
        Assert.That(FSync(union, 2), Is.EqualTo(Errno.None));
    }

    [Test]
    public void A_file_that_is_removed_or_became_plain_meanwhile_is_passed_over()
    {
        using var union = Open();
        Fill(union);
        var files = Files(union);
        foreach (var (_, file) in files) file.Stay();
        Assert.That((union.Kernel.Remove("d/1", isDirectory: false), FSync(union, 2)), Is.EqualTo((Errno.None, Errno.None)));
        Batch(union).Complete(files);
        foreach (var (_, file) in files) file.Leave();
        union.Kernel.ForgetAll();
        Assert.That((union.Maps, union.IsFenced), Is.EqualTo((Array.Empty<string>(), false)));
    }

    [Test]
    public void The_end_of_a_union_takes_many_files_at_a_time()
    {
        using var union = Open();
        var syncs = new Syncs();
        using (SyscallSeam.Watch(syncs)) Assert.That(union.Union.Union.End(), Is.Empty);
        Assert.That((syncs.OfFileSystem, syncs.OfFiles), Is.EqualTo((2, 0)));
        union.Union.Close();
        ArePlain(union, Count, isOpen: false);
    }

    private static PartialUnion Open()
    {
        var union = new PartialUnion(new byte[Size], options => options.Settle = SettlePolicy.OnUnmount);
        union.Union.Close();
        for (var i = 0; i < Count; i++) PartialUnion.Put($"{union.Union.Path}/lower1/d/{i}", Lower(i));
        union.Union.Open();
        for (var i = 0; i < Count; i++) Assert.That(union.Kernel.Write($"d/{i}", "new"u8, 20_000), Is.EqualTo(Errno.None));
        return union;
    }

    private static PartialBatch Batch(PartialUnion union) => new(union.Union.Union.CopyUp, union.Union.Tree.Upper!);

    private static List<(int Slot, OpenFile File)> Files(PartialUnion union) => [.. Enumerable.Range(0, Count).Select(i =>
    {
        Assert.That(union.Kernel.Find($"d/{i}", out var entry), Is.EqualTo(Errno.None));
        Assert.That(union.Union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
        return (slot, (OpenFile)union.Union.Tree.Nodes[slot].State!);
    })];

    private static void Fill(PartialUnion union)
    {
        foreach (var (_, file) in Files(union))
        {
            while (!file.Partial!.IsComplete) Assert.That(CopyUp.FillMore(file), Is.EqualTo(Errno.None));
        }
    }

    private static Errno FSync(PartialUnion union, int i)
    {
        Assert.That(union.Kernel.Find($"d/{i}", out var entry), Is.EqualTo(Errno.None));
        return union.Kernel.Union.FSync(union.Kernel.Request, entry.Node, 0, dataOnly: true);
    }

    private static bool HasCommitted(string map) => File.ReadAllBytes(map)[PartialLayout.For(Size).CommittedAt] == 1 << (20_000 / 4096);

    private static void ArePlain(PartialUnion union, int count, bool isOpen = true)
    {
        Assert.That((union.Maps.Length, union.IsFenced), Is.EqualTo((Count - count, count < Count)));
        for (var i = 0; i < Count; i++)
        {
            if (i < count) Assert.That(File.ReadAllBytes($"{union.Union.Upper}/d/{i}"), Is.EqualTo(Written(i)));
            if (!isOpen) continue;
            Assert.That(union.Kernel.Read($"d/{i}", out var bytes), Is.EqualTo(Errno.None));
            Assert.That(bytes, Is.EqualTo(Written(i)));
        }
        var report = isOpen ? null : UpperCheck.Run(union.Union.Stack(), repair: false);
        Assert.That(report?.Problems ?? [], Is.Empty);
    }

    private static void AfterAnotherBoot(PartialUnion union)
    {
        union.Union.Close();
        union.Union.Boot = new BootId(Guid.NewGuid());
        union.Union.Open();
        for (var i = 0; i < Count; i++)
        {
            Assert.That(union.Kernel.Read($"d/{i}", out var bytes), Is.EqualTo(Errno.None));
            Assert.That(bytes, Is.EqualTo(Written(i)));
        }
    }

    private static byte[] Lower(int i)
    {
        var bytes = new byte[Size];
        new Random(i).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Written(int i)
    {
        var bytes = Lower(i);
        "new"u8.CopyTo(bytes.AsSpan(20_000));
        return bytes;
    }

    // How often what is synced, and in which order marks and maps go.
    private sealed class Syncs : ISyscallWatcher
    {
        private readonly List<string> _order = [];

        public int FailAt { get; init; } = -1;

        public int OfFileSystem { get; private set; }

        public int OfFiles { get; private set; }

        public string Order => string.Join(' ', _order.Where((word, i) => i == 0 || _order[i - 1] != word));

        public Errno Before(in WatchedCall call)
        {
            switch (call.Call)
            {
                case SyscallName.SyncFs:
                    _order.Add("sync");
                    return OfFileSystem++ == FailAt ? Errno.IO : Errno.None;
                case SyscallName.FSync or SyscallName.FDataSync:
                    OfFiles++;
                    break;
                case SyscallName.RemoveXattr when call.OtherName.SequenceEqual("trusted.overlay.metacopy"u8) && OfFileSystem == 1:
                    _order.Add("unmark");
                    break;
                case SyscallName.Unlink when call.Name.Length == PartialMark.NameLength:
                    _order.Add("unmap");
                    break;
            }
            return Errno.None;
        }
    }

    // The disk has lost bytes of one file, which it tells once.
    private sealed class Lost(Fd file) : ISyscallWatcher
    {
        private bool _isTold;

        public Errno Before(in WatchedCall call)
        {
            if (_isTold || call.Descriptor != file.Number || call.Call is not (SyscallName.SyncFileRange or SyscallName.FDataSync or SyscallName.FSync)) return Errno.None;
            _isTold = true;
            return Errno.IO;
        }
    }
}
