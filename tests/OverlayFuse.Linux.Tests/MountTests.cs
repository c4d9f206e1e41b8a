using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Linux.Tests;

public sealed class MountTests
{
    private string _place = null!;

    [SetUp]
    public void SetUp()
    {
        Assume.That(Syscall.GetEUid(), Is.Zero, "only root may mount");
        _place = Directory.CreateTempSubdirectory("overlayfuse-mount-").FullName;
    }

    [TearDown]
    public void TearDown()
    {
        if (_place is null) return;
        Syscall.Unmount(Encoding.UTF8.GetBytes(_place), UnmountFlags.Detach);
        Directory.Delete(_place, recursive: true);
    }

    [Test]
    public void A_mount_is_made_found_and_removed()
    {
        var path = Encoding.UTF8.GetBytes(_place);
        Assert.That(Syscall.Mount("here"u8, path, "tmpfs"u8, MountFlags.NoDev | MountFlags.NoSuid, "size=1m"u8), Is.EqualTo(Errno.None));
        var entry = MountInfo.Find(path)!;
        Assert.That((entry.Type, Encoding.UTF8.GetString(entry.Source)), Is.EqualTo(("tmpfs", "here")));
        Assert.That(entry.Options, Does.Contain("nosuid,nodev"));
        Assert.That(Syscall.Unmount(path, UnmountFlags.None), Is.EqualTo(Errno.None));
        Assert.That(MountInfo.Find(path), Is.Null);
        Assert.That(Syscall.Unmount(path, UnmountFlags.None), Is.EqualTo(Errno.INVAL));
    }

    [Test]
    public void Nothing_can_be_changed_through_a_read_only_clone()
    {
        File.WriteAllText($"{_place}/f", "whole");
        var error = Syscall.OpenTree(DirFd.Cwd, Encoding.UTF8.GetBytes(_place), recursive: false, out var tree);
        Assume.That(error, Is.Not.EqualTo(Errno.NOSYS), "Linux 5.2 or later");
        Assert.That(error, Is.EqualTo(Errno.None));
        Assert.That(Syscall.MountSetAttr(tree, MountAttributes.ReadOnly | MountAttributes.NoDev, MountAttributes.None, recursive: false), Is.EqualTo(Errno.None));

        Assert.That(Syscall.OpenAt(tree, "f"u8, OpenFlags.ReadWrite, 0, out _), Is.EqualTo(Errno.ROFS));
        Assert.That(Syscall.MkdirAt(tree, "d"u8, 0x1ed), Is.EqualTo(Errno.ROFS));
        Assert.That(Syscall.OpenAt(tree, "f"u8, OpenFlags.ReadOnly, 0, out var file), Is.EqualTo(Errno.None));
        file.Close();
        tree.Close();
        Assert.That(File.ReadAllText($"{_place}/f"), Is.EqualTo("whole"));
    }

    [Test]
    public void A_detached_clone_is_put_into_the_tree()
    {
        Assert.That(Syscall.OpenTree(DirFd.Cwd, "/proc"u8, recursive: false, out var tree), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Open(_place, OpenFlags.Path | OpenFlags.Directory, out var target), Is.EqualTo(Errno.None));
        Assert.That(Syscall.MoveMount(tree, new DirFd(target.Number)), Is.EqualTo(Errno.None));
        target.Close();
        tree.Close();
        Assert.That(MountInfo.Find(Encoding.UTF8.GetBytes(_place))?.Type, Is.EqualTo("proc"));
    }
}
