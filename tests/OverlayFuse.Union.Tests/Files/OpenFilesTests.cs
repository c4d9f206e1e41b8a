using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class OpenFilesTests
{
    [Test]
    public void Files_beyond_the_capacity_are_closed_and_opened_again()
    {
        using var union = Files(30);
        using var files = new OpenFiles(union.Tree, capacity: 4);
        var slots = Enumerable.Range(0, 30).Select(i => SlotOf(union, $"f{i}")).ToArray();
        var before = Descriptors();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 30; i++)
            {
                Assert.That(Read(files, slots[i]), Is.EqualTo($"{i}"));
                Assert.That(Descriptors() - before, Is.LessThanOrEqualTo(4 + 1));
            }
        }
    }

    [Test]
    public void A_file_in_use_keeps_its_descriptor()
    {
        using var union = Files(10);
        using var files = new OpenFiles(union.Tree, capacity: 2);
        Assert.That(files.Enter(SlotOf(union, "f0"), write: false, out var held), Is.EqualTo(Errno.None));
        for (var i = 1; i < 10; i++) Read(files, SlotOf(union, $"f{i}"));
        var bytes = new byte[8];
        Assert.That(Syscall.PRead(held.Fd, bytes, 0, out var count), Is.EqualTo(Errno.None));
        Assert.That(Encoding.UTF8.GetString(bytes, 0, count), Is.EqualTo("0"));
        held.Leave();
    }

    [Test]
    public void A_reader_that_stays_while_the_file_is_copied_up_sees_the_new_bytes_next_time()
    {
        using var union = Files(1);
        using var files = new OpenFiles(union.Tree, capacity: 4);
        var slot = SlotOf(union, "f0");
        files.Enter(slot, write: false, out var before);
        Assert.That(union.Kernel.Write("f0", "new"u8), Is.EqualTo(Errno.None));
        Assert.That(Read(files, slot), Is.EqualTo("new"));
        before.Leave();
        Assert.That(Read(files, slot), Is.EqualTo("new"));
    }

    [Test]
    public void A_forgotten_file_gives_its_descriptor_back()
    {
        using var union = Files(20);
        var before = Descriptors();
        for (var i = 0; i < 20; i++) union.Kernel.Read($"f{i}", out _);
        Assert.That(Descriptors() - before, Is.EqualTo(20));
        union.Kernel.ForgetAll();
        Assert.That(Descriptors(), Is.EqualTo(before));
    }

    [Test]
    public void Threads_that_read_and_write_many_files_through_few_descriptors()
    {
        using var union = Files(24);
        using var files = new OpenFiles(union.Tree, capacity: 5);
        var slots = Enumerable.Range(0, 24).Select(i => SlotOf(union, $"f{i}")).ToArray();
        for (var i = 0; i < 24; i += 2) union.Kernel.Write($"f{i}", Encoding.UTF8.GetBytes($"{i}"));
        var wrong = 0;
        Parallel.For(0, 4, worker =>
        {
            var random = new Random(worker);
            for (var n = 0; n < 4000; n++)
            {
                var i = random.Next(24);
                if (i % 2 == 0 && random.Next(2) == 0)
                {
                    if (files.Enter(slots[i], write: true, out var file) != Errno.None) Interlocked.Increment(ref wrong);
                    else
                    {
                        Syscall.PWrite(file.Fd, Encoding.UTF8.GetBytes($"{i}"), 0, out _);
                        file.Leave();
                    }
                }
                else if (Read(files, slots[i]) != $"{i}") Interlocked.Increment(ref wrong);
            }
        });
        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void Files_without_a_name_are_kept_by_descriptors_and_where_these_are_too_many_by_links()
    {
        const int Count = 1200; // more than a quarter of the descriptors that files get
        using var union = new TestUnion(1).With("upper", string.Join("  ", Enumerable.Range(0, Count).Select(i => $"f{i} = \"{i}\""))).Open();
        var before = Descriptors();
        for (var i = 0; i < Count; i++)
        {
            Assert.That(union.Kernel.Open($"a{i}", $"f{i}", OpenFlags.ReadWrite), Is.EqualTo(Errno.None));
            Assert.That(union.Kernel.Remove($"f{i}", isDirectory: false), Is.EqualTo(Errno.None));
        }
        var (held, linked) = (union.Tree.HeldFiles, Orphans(union));
        Assert.That((held > 0, linked > 0, held + linked), Is.EqualTo((true, true, Count)));
        for (var i = 0; i < Count; i++)
        {
            Assert.That(union.Kernel.Read($"@a{i}", out var text), Is.EqualTo(Errno.None));
            Assert.That(Encoding.UTF8.GetString(text), Is.EqualTo($"{i}"));
            union.Kernel.Close($"a{i}");
        }
        union.Kernel.ForgetAll();
        Assert.That((union.Tree.HeldFiles, Orphans(union), Descriptors()), Is.EqualTo((0, 0, before)));
    }

    [Test]
    public void A_file_that_is_held_survives_all_others_and_goes_when_it_is_forgotten()
    {
        using var union = new TestUnion(1).With("upper", string.Join("  ", Enumerable.Range(0, 30).Select(i => $"f{i} = \"{i}\""))).Open();
        using var files = new OpenFiles(union.Tree, capacity: 4);
        var slots = Enumerable.Range(0, 30).Select(i => SlotOf(union, $"f{i}")).ToArray();
        Assert.That(union.Tree.RootDirectory.Top.Enter(out var root), Is.EqualTo(Errno.None));
        Assert.That(files.Hold(slots[0], new Place(root, "f0"u8, isUpper: true)), Is.True);
        Assert.That(files.Hold(slots[1], new Place(root, "f1"u8, isUpper: true)), Is.False, "one of four");
        union.Tree.RootDirectory.Top.Leave();
        union.Shell("rm upper/f0");
        for (var i = 1; i < 30; i++) Read(files, slots[i]);
        Assert.That(Read(files, slots[0]), Is.EqualTo("0"));
        Assert.That(union.Tree.Status(slots[0], out var status), Is.EqualTo(Errno.None));
        Assert.That((status.LinkCount, status.Size), Is.EqualTo((0u, 1ul)));
        var open = Descriptors();
        union.Kernel.ForgetAll();
        Assert.That((union.Tree.HeldFiles, Descriptors()), Is.EqualTo((0, open - 4)));
    }

    [Test]
    public void A_file_that_was_let_go_is_found_by_its_name_again()
    {
        using var union = new TestUnion(1).With("upper", "f0 = \"0\"").Open();
        using var files = new OpenFiles(union.Tree, capacity: 4);
        var slot = SlotOf(union, "f0");
        Assert.That(union.Tree.RootDirectory.Top.Enter(out var root), Is.EqualTo(Errno.None));
        Assert.That(files.Hold(slot, new Place(root, "f0"u8, isUpper: true)), Is.True);
        union.Tree.RootDirectory.Top.Leave();
        files.LetGo(slot);
        Assert.That((union.Tree.HeldFiles, union.Tree.Nodes[slot].Has(NodeFlags.Held), Read(files, slot)), Is.EqualTo((0, false, "0")));
    }

    [Test]
    public void What_is_kept_of_a_file_that_is_written_back_is_told_of_no_other()
    {
        var file = new OpenFile { NodeId = 5, Stripe = new Stripe() };
        file.BeginWriteback();
        file.SetCapability([1, 2, 3]);
        Assert.That((file.TryGetCapability(5, new byte[3], out var length), length), Is.EqualTo((true, 3)));
        Assert.That(file.TryGetCapability(4, new byte[3], out _), Is.False, "that had the object before");

        Assert.That(Syscall.Open("/proc/self/exe", OpenFlags.Path, out var other), Is.EqualTo(Errno.None));
        file.SetModifyTime(new Timestamp(7, 7));
        FileStatus status = default;
        file.CorrectTime(4, new Place(new DirFd(other.Number), [], isUpper: true), ref status);
        other.Close();
        Assert.That(status.ModifyTime, Is.EqualTo(default(Timestamp)));
    }

    private static int Orphans(TestUnion union) => Directory.GetFileSystemEntries($"{union.Path}/work/overlayfuse/orphans").Length;

    private static TestUnion Files(int count)
    {
        var union = new TestUnion(1);
        return union.With("lower1", string.Join("  ", Enumerable.Range(0, count).Select(i => $"f{i} = \"{i}\""))).Open();
    }

    private static int SlotOf(TestUnion union, string path)
    {
        union.Kernel.Find(path, out var entry);
        union.Tree.Nodes.TryFind(entry.Node, out var slot);
        return slot;
    }

    private static string Read(OpenFiles files, int slot)
    {
        var error = files.Enter(slot, write: false, out var file);
        if (error != Errno.None) return error.ToString();
        var bytes = new byte[16];
        Syscall.PRead(file.Fd, bytes, 0, out var count);
        file.Leave();
        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    // By their names: what lies in a private clone of a mount shows its path from there, and others come and go.
    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd")
        .Count(fd => Path.GetFileName(new FileInfo(fd).LinkTarget) is ['f', >= '0' and <= '9', ..]);
}
