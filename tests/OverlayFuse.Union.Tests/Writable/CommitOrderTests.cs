using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Where the file system keeps bytes and names in order a copy waits for its bytes only, and before anything says that it is there.</summary>
internal class CommitOrderTests
{
    [TestCase("rw\nbarrier\ndata=ordered\ninit_itable=10\n", true)]
    [TestCase("data=ordered\n", true)]
    [TestCase("rw\nbarrier\ndata=writeback\n", false)]
    [TestCase("rw\ndata=journal\n", false)]
    [TestCase("rw\nbarrier\nnodelalloc\n", false, TestName = "ext4 without a journal")]
    [TestCase("rw\nmy-data=ordered\n", false)]
    [TestCase("rw\ndata=ordered\nfc_debug_force\n", false, TestName = "ext4 with fast commits")]
    [TestCase("", false)]
    public void Ext4_keeps_the_order_when_it_says_that_it_orders_data(string options, bool keeps) =>
        Assert.That(CommitOrder.AreOrdered(Encoding.ASCII.GetBytes(options)), Is.EqualTo(keeps));

    [TestCase("rw,attr2,inode64,logbufs=8,noquota", false)]
    [TestCase("rw,attr2,rtdev=/dev/sdb,noquota", true)]
    public void The_realtime_device_of_XFS_is_another_disk(string options, bool isThere) =>
        Assert.That(CommitOrder.HasRealtimeDevice(Encoding.ASCII.GetBytes(options)), Is.EqualTo(isThere));

    [Test]
    public void What_is_not_known_is_not_believed()
    {
        Assert.That(Syscall.Open("/proc/self", OpenFlags.ReadOnly | OpenFlags.Directory, out var fd), Is.EqualTo(Errno.None));
        Assert.That(CommitOrder.IsKept(fd), Is.False);
        fd.Close();
    }

    [TestCase(Durability.Ordered, true, "SyncFileRange")]
    [TestCase(Durability.Ordered, false, "FDataSync")]
    [TestCase(Durability.Strict, true, "FDataSync")]
    [TestCase(Durability.Volatile, true, "")]
    public void The_bytes_of_a_copy_come_before_its_name(Durability durability, bool keepsOrder, string expected)
    {
        using var union = Union(durability, keepsOrder);
        var calls = new CallWatcher();
        using (SyscallSeam.Watch(calls)) Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        var made = calls.Calls.Split(", ").ToList();
        Assert.That(made.Where(call => call is "SyncFileRange" or "FDataSync"), Is.EqualTo(expected.Length > 0 ? [expected] : Array.Empty<string>()));
        if (expected.Length == 0) return;
        Assert.That(made.FindLastIndex(call => call.StartsWith("Rename", StringComparison.Ordinal)), Is.GreaterThan(made.IndexOf(expected)), calls.Calls);
        var bytes = made.FindIndex(call => call is "PWrite" or "CopyFileRange");
        Assert.That(bytes, Is.GreaterThanOrEqualTo(0).And.LessThan(made.IndexOf(expected)), calls.Calls);
    }

    [TestCase(true, "SyncFileRange")]
    [TestCase(false, "FDataSync")]
    public void The_bytes_of_a_metacopy_come_before_its_mark_goes(bool keepsOrder, string expected)
    {
        using var union = Union(Durability.Ordered, keepsOrder);
        Assert.That(union.Kernel.Chmod("d/f", 0x180), Is.EqualTo(Errno.None));
        var calls = new CallWatcher();
        using (SyscallSeam.Watch(calls)) Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(calls.Calls, Does.Match($"(PWrite|CopyFileRange).*, {expected}, .*RemoveXattr.*metacopy"));
    }

    [TestCase(Errno.IO)]
    [TestCase(Errno.NOSPC)]
    public void A_copy_whose_bytes_cannot_be_written_back_does_not_take_its_place(Errno error)
    {
        using var union = Union(Durability.Ordered, keepsOrder: true);
        using (SyscallSeam.Watch(new Refusing(error))) Assert.That(union.Write(5, "new"u8), Is.EqualTo(error));
        Assert.That(File.Exists(union.UpperPath), Is.False);
        Assert.That(union.Union.Leftovers(), Is.Empty);
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Bytes().AsSpan(5, 3).ToArray(), Is.EqualTo("new"u8.ToArray()));
    }

    [TestCase(Durability.Ordered, true, "SyncFileRange, ")]
    [TestCase(Durability.Ordered, false, "FDataSync, ")]
    [TestCase(Durability.Strict, true, "FDataSync, ")]
    [TestCase(Durability.Volatile, true, "")]
    public void The_number_of_a_layer_comes_before_the_mark_that_names_it(Durability durability, bool keepsOrder, string sync)
    {
        using var union = UnionWithNewNumber(durability, keepsOrder);
        var calls = new CallWatcher();
        using (SyscallSeam.Watch(calls)) Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(calls.Calls, Does.Match($"SetXattr  trusted.overlay.metacopy, {sync}Mkdir work, .*SetXattr  trusted.overlay.partial"));
    }

    [Test]
    public void A_number_that_could_not_be_written_back_is_written_again()
    {
        using var union = UnionWithNewNumber(Durability.Ordered, keepsOrder: true);
        using (SyscallSeam.Watch(new Refusing(Errno.IO))) Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.IO));
        Assert.That((File.Exists(union.UpperPath), union.Union.Leftovers()), Is.EqualTo((false, "")));
        var calls = new CallWatcher();
        using (SyscallSeam.Watch(calls)) Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(calls.Calls, Does.Match("SetXattr  trusted.overlay.metacopy, .*PWrite, FDataSync, .*SetXattr  trusted.overlay.partial"));
    }

    [Test]
    public void The_first_sync_of_such_a_copy_takes_its_name_along()
    {
        using var union = Union(Durability.Ordered, keepsOrder: true);
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        var calls = new CallWatcher();
        using (SyscallSeam.Watch(calls)) Assert.That(union.Kernel.Union.FSync(union.Kernel.Request, union.Node, 0, dataOnly: true), Is.EqualTo(Errno.None));
        Assert.That(calls.Calls, Does.EndWith("FSync"));
    }

    [TestCase(Durability.Ordered, false, SyscallName.FSync)]
    [TestCase(Durability.Strict, false, SyscallName.FSync)]
    [TestCase(Durability.Ordered, true, SyscallName.FDataSync)]
    [TestCase(Durability.Volatile, false, SyscallName.SyncFileRange)]
    public void A_sync_of_a_file_that_has_its_metadata_alone_above_is_one_of_that(Durability durability, bool dataOnly, SyscallName expected)
    {
        using var union = Union(durability, keepsOrder: true);
        Assert.That(union.Kernel.Chmod("d/f", 0x180), Is.EqualTo(Errno.None));
        Assert.That(union.Mark("metacopy"), Is.True);
        var synced = new Synced();
        using (SyscallSeam.Watch(synced)) Assert.That(union.Kernel.Union.FSync(union.Kernel.Request, union.Node, 0, dataOnly), Is.EqualTo(Errno.None));
        Assert.That(synced.Files, Does.Contain((expected, union.UpperPath)));
        Assert.That(synced.Files.Where(file => !file.Path.StartsWith(union.Union.Upper, StringComparison.Ordinal) && !file.Path.StartsWith(union.Union.Work, StringComparison.Ordinal)), Is.Empty);
    }

    private static PartialUnion Union(Durability durability, bool keepsOrder, ulong wholeUpTo = 200_000)
    {
        var bytes = new byte[100_000];
        new Random(7).NextBytes(bytes);
        var union = new PartialUnion(bytes, options => (options.WholeUpTo, options.Durability) = (wholeUpTo, durability));
        union.Union.Tree.Upper!.KeepsOrder = keepsOrder;
        return union;
    }

    // Whose next file comes up in part. The numbers that it was mounted with may be on disk already.
    private static PartialUnion UnionWithNewNumber(Durability durability, bool keepsOrder)
    {
        var union = Union(durability, keepsOrder, wholeUpTo: 0);
        Assert.That(union.Union.Union.End(), Is.Empty); // nor does the upkeep sync them meanwhile
        var work = union.Union.Tree.Upper!.Work;
        work.PartialMaps.HidesStaleBytes = true;
        work.LayerNumbers.NumberOf("another layer"u8);
        work.LayerNumbers.Write();
        return union;
    }

    // Files that are synced, by the paths they have.
    private sealed class Synced : ISyscallWatcher
    {
        public List<(SyscallName Call, string Path)> Files { get; } = [];

        public Errno Before(in WatchedCall call)
        {
            if (call.Call is SyscallName.FSync or SyscallName.FDataSync or SyscallName.SyncFileRange && Syscall.PathOf(new Fd(call.Descriptor), out var path) == Errno.None)
                Files.Add((call.Call, Encoding.UTF8.GetString(path)));
            return Errno.None;
        }
    }

    private sealed class Refusing(Errno error) : ISyscallWatcher
    {
        public Errno Before(in WatchedCall call) => call is { Call: SyscallName.SyncFileRange, Detail: not 0 } ? error : Errno.None;
    }
}
