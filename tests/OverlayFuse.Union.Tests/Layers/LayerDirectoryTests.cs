using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class LayerDirectoryTests
{
    private Scratch _scratch = null!;
    private Layer _layer = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch("/tmp");

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void Descriptors_beyond_the_capacity_are_closed_and_opened_again()
    {
        _scratch.Shell("for i in 1 2 3 4 5 6 7 8 9; do mkdir -p upper/d$i; echo $i > upper/d$i/f; done");
        var root = Root(capacity: 3);
        var children = Enumerable.Range(1, 9).Select(i => root.Child(Encoding.UTF8.GetBytes($"d{i}"), 0, false)).ToArray();
        var before = OpenDescriptors();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 9; i++)
            {
                Assert.That(children[i].Enter(out var dir), Is.EqualTo(Errno.None));
                Assert.That(Syscall.StatAt(dir, "f"u8, false, out _), Is.EqualTo(Errno.None));
                children[i].Leave();
                Assert.That(OpenDescriptors() - before, Is.LessThanOrEqualTo(3));
            }
        }
        foreach (var child in children) child.Close();
        Assert.That(OpenDescriptors(), Is.EqualTo(before));
    }

    [Test]
    public void A_directory_in_use_is_not_closed()
    {
        _scratch.Shell("mkdir upper/a upper/b upper/c");
        var root = Root(capacity: 1);
        var a = root.Child("a"u8, 0, false);
        a.Enter(out var held);
        foreach (var name in (string[])["b", "c"])
        {
            var other = root.Child(Encoding.UTF8.GetBytes(name), 0, false);
            Assert.That(other.Enter(out _), Is.EqualTo(Errno.None));
            other.Leave();
            other.Close();
        }
        Assert.That(Syscall.Stat(held.Fd, out var status), Is.EqualTo(Errno.None));
        Assert.That(status.IsDirectory, Is.True);
        a.Close();
        Assert.That(Syscall.Stat(held.Fd, out _), Is.EqualTo(Errno.None), "somebody is inside");
        a.Leave();
        Assert.That(Syscall.Stat(held.Fd, out _), Is.EqualTo(Errno.BADF));
    }

    [Test]
    public void A_directory_is_found_at_its_new_place_once_it_was_closed()
    {
        _scratch.Shell("mkdir -p upper/a/b/c upper/x; echo > upper/a/b/c/f");
        var root = Root(capacity: 8);
        var (a, x) = (root.Child("a"u8, 0, false), root.Child("x"u8, 0, false));
        var b = a.Child("b"u8, 0, false);
        var c = b.Child("c"u8, 0, false);
        Assert.That(c.Enter(out _), Is.EqualTo(Errno.None));
        c.Leave();
        _scratch.Shell("mv upper/a/b upper/x/moved");
        b.MovedTo(x, "moved"u8);
        foreach (var directory in (LayerDirectory[])[a, b, c, x])
        {
            while (!directory.TryEvict())
            {
            }
        }
        Assert.That(c.Enter(out var dir), Is.EqualTo(Errno.None));
        Assert.That(Syscall.StatAt(dir, "f"u8, false, out _), Is.EqualTo(Errno.None));
        c.Leave();
        Assert.That(Encoding.UTF8.GetString(c.PathFromRoot("f"u8)), Is.EqualTo("/x/moved/c/f"));
    }

    [Test]
    public void A_link_in_the_place_of_a_directory_is_not_followed()
    {
        _scratch.Shell("mkdir upper/a; ln -s /etc upper/l; ln -s a upper/inside; echo > upper/f");
        var root = Root(capacity: 8);
        foreach (var name in (string[])["l", "inside"]) Assert.That(root.Child(Encoding.UTF8.GetBytes(name), 0, false).Enter(out _), Is.AnyOf(Errno.LOOP, Errno.NOTDIR));
        Assert.That(root.Child("f"u8, 0, false).Enter(out _), Is.EqualTo(Errno.NOTDIR));
        Assert.That(root.Child(".."u8, 0, false).Enter(out _), Is.EqualTo(Errno.XDEV));
        Assert.That(root.Child("none"u8, 0, false).Enter(out _), Is.EqualTo(Errno.NOENT));
    }

    [Test]
    public void A_root_is_opened_again_only_if_it_is_the_same_directory()
    {
        _scratch.Shell("mkdir one; echo > one/f");
        var path = Encoding.UTF8.GetBytes($"{_scratch.Path}/one");
        Syscall.StatAt(DirFd.Cwd, path, false, out var status);
        var root = LayerDirectory.ForReopenedRoot(LayerOf(), new DescriptorCache(1), new LayerReopener(path, status.Device, status.Inode), status.Inode, false);
        Assert.That(root.Enter(out var dir), Is.EqualTo(Errno.None));
        Assert.That(Syscall.StatAt(dir, "f"u8, false, out _), Is.EqualTo(Errno.None));
        root.Leave();
        while (!root.TryEvict())
        {
        }
        _scratch.Shell("mv one gone; mkdir one; echo > one/f");
        Assert.That(root.Enter(out _), Is.EqualTo(Errno.STALE));
        _scratch.Shell("rm -r one; mv gone one");
        Assert.That(root.Enter(out _), Is.EqualTo(Errno.None));
        root.Leave();
        root.CloseRoot();
    }

    [Test]
    public void Many_threads_share_few_descriptors()
    {
        const int Count = 40;
        _scratch.Shell($"cd upper; for i in $(seq 0 {Count - 1}); do mkdir -p d$i/s; echo > d$i/s/f$i; done");
        var root = Root(capacity: 6);
        var parents = Enumerable.Range(0, Count).Select(i => root.Child(Encoding.UTF8.GetBytes($"d{i}"), 0, false)).ToArray();
        var children = parents.Select(p => p.Child("s"u8, 0, false)).ToArray();
        var before = OpenDescriptors();
        var wrong = 0;
        Parallel.For(0, 4, worker =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 5000; i++)
            {
                var at = random.Next(Count);
                if (children[at].Enter(out var dir) != Errno.None || Syscall.StatAt(dir, Encoding.UTF8.GetBytes($"f{at}"), true, out _) != Errno.None) Interlocked.Increment(ref wrong);
                children[at].Leave();
            }
        });
        Assert.That(wrong, Is.Zero);
        Assert.That(OpenDescriptors() - before, Is.LessThanOrEqualTo(6 + 8));
    }

    private int OpenDescriptors() => Scratch.DescriptorsBelow(_scratch.Path);

    private Layer LayerOf() => new() { Index = 1, Number = 1, Path = [], Device = 0, IsPrivateClone = false };

    private LayerDirectory Root(int capacity)
    {
        _layer = LayerOf();
        return _layer.Root = LayerDirectory.ForRoot(_layer, new DescriptorCache(capacity), _scratch.Upper, 0, false);
    }
}
