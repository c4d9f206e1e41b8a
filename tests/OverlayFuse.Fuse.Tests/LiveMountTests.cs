using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

[RootOnly]
[CancelAfter(120_000)]
[TestFixture(Transport.Device)]
[TestFixture(Transport.Ring)]
public sealed class LiveMountTests(Transport transport)
{
    [OneTimeSetUp]
    public void NeedRings()
    {
        if (transport == Transport.Ring) RingTests.Need();
    }

    [Test]
    public void A_shell_can_live_in_it()
    {
        using var mount = Mount(new MemoryFileSystem());
        mount.Run("""
            cd $m
            mkdir -p a/b; echo one > a/b/f; [ "$(cat a/b/f)" = one ]
            echo two >> a/b/f; [ "$(wc -l < a/b/f)" = 2 ]
            mv a/b/f a/g; [ ! -e a/b/f ]; rmdir a/b
            ln a/g a/h; [ "$(stat -c %h a/g)" = 2 ]; [ a/g -ef a/h ]; rm a/h
            ln -s g a/l; [ "$(readlink a/l)" = g ]; [ "$(cat a/l | head -1)" = one ]
            chmod 640 a/g; chown 5:6 a/g; [ "$(stat -c %a:%u:%g a/g)" = 640:5:6 ]
            touch -d @12345 a/g; [ "$(stat -c %Y a/g)" = 12345 ]
            truncate -s 3 a/g; [ "$(cat a/g)" = one ]
            mkfifo a/p; [ -p a/p ]
            mknod a/c c 1 3; [ -c a/c ]
            [ "$(ls a)" = "$(printf 'c\ng\nl\np')" ]
            df $m > /dev/null
            mv -n a/g a/p; [ -e a/g ]
            rm -r a; [ -z "$(ls -A)" ]
            """);
        Assert.That(mount.Log, Is.Empty);
    }

    [Test]
    public void Large_files_travel_whole_and_in_large_pieces()
    {
        using var mount = Mount(new MemoryFileSystem());
        mount.Run("head -c 20000000 /dev/urandom > $m/../$$.r; cp $m/../$$.r $m/big; sum=$(sha256sum < $m/../$$.r); rm $m/../$$.r; echo 1 > /proc/sys/vm/drop_caches; [ \"$sum\" = \"$(sha256sum < $m/big)\" ]");
        mount.Run("dd if=/dev/zero of=$m/z bs=4M count=2 2> /dev/null");
        Assert.That(mount.Session.MaxWrite, Is.EqualTo(1 << 20));
        var before = mount.Session.Requests[Opcode.Write];
        mount.Run("dd if=/dev/zero of=$m/z bs=4M count=2 conv=notrunc 2> /dev/null");
        Assert.That(mount.Session.Requests[Opcode.Write] - before, Is.InRange(8, 12));
    }

    [Test]
    public void Extended_attributes_and_birth_time_reach_the_caller()
    {
        using var mount = Mount(new MemoryFileSystem());
        mount.Run("""
            python3 - $m/f <<'PY'
            import os, sys
            f = sys.argv[1]
            open(f, "w").close()
            os.setxattr(f, "user.a", b"x" * 60000)
            os.setxattr(f, "user.b", b"")
            assert os.getxattr(f, "user.a") == b"x" * 60000 and os.getxattr(f, "user.b") == b""
            assert os.listxattr(f) == ["user.a", "user.b"]
            os.removexattr(f, "user.a")
            assert os.listxattr(f) == ["user.b"]
            os.posix_fallocate(os.open(f, os.O_RDWR), 0, 5000)
            assert os.stat(f).st_size == 5000
            t = os.open(os.path.dirname(f), os.O_TMPFILE | os.O_RDWR, 0o600)
            os.write(t, b"hidden")
            assert os.pread(t, 10, 0) == b"hidden"
            PY
            [ "$(stat -c %W $m/f)" = 86400 ]
            """);
    }

    [Test]
    public void A_second_walk_of_a_tree_sends_no_request()
    {
        const string Walk = "find $m -printf '%y %s %p\\n' > /dev/null; cat $m/d/e/* > /dev/null; cat $m/absent 2> /dev/null || true;"; // not ls -l: it asks for attributes that are not cached
        using var mount = Mount(new MemoryFileSystem());
        mount.Run($"mkdir -p $m/d/e; for i in 1 2 3 4 5; do echo $i > $m/d/e/$i; done; {Walk} {Walk}");
        long sent;
        var turn = 0;
        do // a kernel that is short of memory forgets what it knew
        {
            var before = Sent();
            mount.Run(Walk);
            sent = Sent() - before;
        }
        while (sent != 0 && ++turn < 3);
        Assert.That(sent, Is.Zero, mount.Session.Requests.ToString());

        long Sent() => mount.Session.Requests.Answered - mount.Session.Requests[Opcode.StatFs]; // find asks for the type; statfs is never cached
    }

    [Test]
    public void Lookups_are_given_back()
    {
        var fileSystem = new MemoryFileSystem();
        using var mount = Mount(fileSystem);
        mount.Run("cd $m; for i in $(seq 200); do : > $i; done; ls -l > /dev/null");
        Assert.That(fileSystem.LookupsHeld, Is.GreaterThanOrEqualTo(200));
        mount.Run("rm $m/*; echo 2 > /proc/sys/vm/drop_caches");
        Assert.That(() => fileSystem.LookupsHeld, Is.Zero.After(5000, 20));
    }

    [Test]
    public void A_notification_makes_the_kernel_ask_again()
    {
        var fileSystem = new MemoryFileSystem();
        using var mount = Mount(fileSystem);
        mount.Run("echo old > $m/f; cat $m/f > /dev/null");
        var node = fileSystem.ReplaceContent("f", "new content\n");
        Assert.That(mount.Run("stat -c %s $m/f"), Is.EqualTo("4"), "the kernel relies on what it was told");

        mount.Session.Notifier.InvalidateInode(node);
        mount.Session.Notifier.InvalidateEntry(NodeId.Root, "f"u8);
        Assert.That(mount.Session.Notifier.Wait(TimeSpan.FromSeconds(5)));
        Assert.That(mount.Run("cat $m/f"), Is.EqualTo("new content"));
        if (mount.Session.Notifier.CanIncrementEpoch) mount.Session.Notifier.IncrementEpoch();
        mount.Session.Notifier.ExpireEntry(NodeId.Root, "f"u8);
        mount.Session.Notifier.Prune([node]);
        Assert.That(mount.Session.Notifier.Wait(TimeSpan.FromSeconds(5)));
        Assert.That(mount.Log, Is.Empty);
    }

    [Test]
    public void Many_clients_at_once_are_served()
    {
        using var mount = Mount(new MemoryFileSystem { Validity = TimeSpan.Zero });
        mount.Run("for p in 1 2 3 4 5 6 7 8; do (mkdir $m/$p; for i in $(seq 50); do echo $i > $m/$p/$i; done; cat $m/$p/* | wc -l) & done; wait");
        Assert.That(mount.Run("cat $m/*/* | wc -l"), Is.EqualTo("400"));
        Assert.That(mount.Log, Is.Empty);
    }

    [Test]
    public void An_unmount_from_outside_ends_the_session()
    {
        var fileSystem = new MemoryFileSystem();
        using var mount = Mount(fileSystem);
        Shell.Run($"umount {mount.Path}");
        Assert.That(mount.WaitForEnd());
        Assert.That(fileSystem.IsStopped);
    }

    [Test]
    public void Stop_ends_the_session_even_when_somebody_stands_in_the_mount()
    {
        using var mount = Mount(new MemoryFileSystem());
        using var user = Shell.Start($"cd {mount.Path} && echo there && exec sleep 60");
        Assert.That(user.StandardOutput.ReadLine(), Is.EqualTo("there"));
        mount.Session.Stop();
        Assert.That(mount.WaitForEnd());
        Assert.That(mount.Session.Threads, Is.Zero);
        user.Kill();
        user.WaitForExit();
    }

    [Test]
    public void A_busy_mount_is_unmounted_lazily_and_an_absent_one_is_told()
    {
        using var mount = Mount(new MemoryFileSystem());
        using var user = Shell.Start($"cd {mount.Path} && echo there && exec sleep 60");
        Assert.That(user.StandardOutput.ReadLine(), Is.EqualTo("there"));
        Assert.That(Unmounter.Unmount(Encoding.UTF8.GetBytes(mount.Path)), Is.Null);
        Assert.That(MountInfo.Find(Encoding.UTF8.GetBytes(mount.Path)), Is.Null);
        user.Kill();
        user.WaitForExit();
        Assert.That(mount.WaitForEnd());
        Assert.That(Unmounter.Unmount(Encoding.UTF8.GetBytes(mount.Path)), Does.Contain("nothing is mounted there"));
    }

    [Test]
    public void Read_ahead_and_shares_of_dirty_memory_can_be_set()
    {
        using var mount = Mount(new MemoryFileSystem());
        Assert.That(MountInfo.Find(Encoding.UTF8.GetBytes(mount.Path))!.Type, Is.EqualTo("fuse.memory"));
        var (major, minor) = mount.Session.Device!.Value;
        Assume.That(Directory.Exists($"/sys/class/bdi/{major}:{minor}"));
        Assert.That(BackingDeviceInfo.TryTune(major, minor, 1024, minRatio: 1, maxRatio: 50));
        foreach (var (name, value) in ((string, string)[])[("read_ahead_kb", "1024"), ("min_ratio", "1"), ("max_ratio", "50")])
            Assert.That(File.ReadAllText($"/sys/class/bdi/{major}:{minor}/{name}").Trim(), Is.EqualTo(value), name);
    }

    private LiveMount Mount(MemoryFileSystem fileSystem)
    {
        var mount = new LiveMount(fileSystem, transport);
        Assert.That(mount.Session.Transport, Is.EqualTo(transport));
        return mount;
    }
}
