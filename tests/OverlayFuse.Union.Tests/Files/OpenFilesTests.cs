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
