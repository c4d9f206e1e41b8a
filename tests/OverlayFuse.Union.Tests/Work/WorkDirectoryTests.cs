using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class WorkDirectoryTests
{
    private Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void A_new_work_directory_holds_what_the_readme_says_and_is_private()
    {
        _scratch.OpenWork().Dispose();
        Assert.That(_scratch.Shell("find work -mindepth 1 -printf '%P %m\\n' | sort"), Is.EqualTo(
            """
            overlayfuse 700
            overlayfuse/format 600
            overlayfuse/inodes 600
            overlayfuse/layers 600
            overlayfuse/links 700
            overlayfuse/lock 600
            overlayfuse/moves 700
            overlayfuse/origins 600
            overlayfuse/orphans 700
            overlayfuse/partial 700
            overlayfuse/temp 700
            overlayfuse/widened 700
            """));
        Assert.That(_scratch.Shell("cat work/overlayfuse/format"), Is.EqualTo("overlayfuse 1"));
        Assert.That(_scratch.Shell("cat work/overlayfuse/lock"), Is.EqualTo($"{Environment.ProcessId}\n{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()}"));
    }

    [Test]
    public void Numbers_live_on_in_the_next_mount()
    {
        using (var work = _scratch.OpenWork())
        {
            Assert.That(work.LayerNumbers.NumberOf("a"u8), Is.EqualTo(1));
            Assert.That(work.LayerNumbers.NumberOf("b"u8), Is.EqualTo(2));
            work.LayerNumbers.Write();
            Assert.That(work.Origins.Add(5, default, 50), Is.EqualTo(Errno.None));
            Assert.That(work.InodeNumbers.Find(1, ulong.MaxValue, out _), Is.EqualTo(Errno.None));
            Assert.That(work.Sync(), Is.EqualTo(Errno.None));
        }
        using (var work = _scratch.OpenWork())
        {
            Assert.That(work.LayerNumbers.NumberOf("b"u8), Is.EqualTo(2));
            Assert.That(work.Origins.TryGet(5, out var number), Is.True);
            Assert.That(number, Is.EqualTo(50));
        }
    }

    [Test]
    public void A_live_mount_keeps_others_out_and_is_named()
    {
        using (_scratch.OpenWork())
        {
            Assert.That(() => _scratch.OpenWork(), Throws.TypeOf<MountException>().With.Message.EqualTo(
                $"work directory {_scratch.Path}/work is in use by a live mount (pid {Environment.ProcessId}): " +
                "unmount that first, or give this mount an upper and a work directory of its own. (A mount in a mount namespace that nobody can enter any more ends with its daemon: kill that.)"));
        }
        _scratch.OpenWork().Dispose();
    }

    [Test]
    public void A_mount_on_its_way_out_is_waited_for()
    {
        var before = _scratch.OpenWork();
        var release = Task.Run(() =>
        {
            Thread.Sleep(500);
            before.Dispose();
        });
        Assert.That(() => _scratch.OpenWork().Dispose(), Throws.Nothing);
        release.Wait();
    }

    [Test]
    public void A_mount_that_is_gone_and_still_has_work_to_do_is_waited_for_longer_and_named()
    {
        var before = _scratch.OpenWork();
        before.SayEnding();
        Assert.That(_scratch.Shell("tail -n 1 work/overlayfuse/lock"), Is.EqualTo("ending"));
        var said = new List<string>();
        var release = Task.Run(() =>
        {
            Thread.Sleep(4500); // longer than a live mount is waited for
            before.Dispose();
        });
        using (_scratch.OpenWork(onWait: said.Add)) Assert.That(_scratch.Shell("cat work/overlayfuse/lock"), Does.Not.Contain("ending"));
        release.Wait();
        Assert.That(said, Has.Count.EqualTo(1));
        Assert.That(said[0], Does.Contain($"pid {Environment.ProcessId}").And.Contain($"{_scratch.Path}/work"));
    }

    [Test]
    public void A_volatile_mount_is_not_mounted_again_until_its_user_says_so()
    {
        _scratch.OpenWork(durability: Durability.Volatile).Dispose();
        Assert.That(_scratch.Shell("cd work/work/incompat; find . | sort"), Is.EqualTo(".\n./volatile\n./volatile/dirty"));
        foreach (var durability in Enum.GetValues<Durability>())
        {
            Assert.That(() => _scratch.OpenWork(durability: durability), Throws.TypeOf<MountException>()
                .With.Message.Contains("volatile").And.Message.Contains($"remove {_scratch.Path}/work/work/incompat/volatile"));
        }
        _scratch.Shell("rm -r work/work/incompat/volatile");
        _scratch.OpenWork().Dispose();
    }

    [Test]
    public void A_feature_of_a_later_version_is_refused()
    {
        _scratch.Shell("mkdir -p work/work/incompat/overlayfuse-tomorrow");
        Assert.That(() => _scratch.OpenWork(), Throws.TypeOf<MountException>().With.Message.Contains("\"overlayfuse-tomorrow\""));
    }

    [TestCase("")]
    [TestCase("overlay")]
    [TestCase("\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    public void A_version_that_a_loss_of_power_has_cut_off_is_written_again(string format)
    {
        Directory.CreateDirectory($"{_scratch.Path}/work/overlayfuse");
        File.WriteAllText($"{_scratch.Path}/work/overlayfuse/format", format);
        _scratch.OpenWork().Dispose();
        Assert.That(_scratch.Shell("cat work/overlayfuse/format"), Is.EqualTo("overlayfuse 1"));
    }

    [TestCase("overlayfuse 2\n")]
    [TestCase("overlayfuse 1\nand more")]
    public void A_layout_of_another_version_is_refused(string format)
    {
        Directory.CreateDirectory($"{_scratch.Path}/work/overlayfuse");
        File.WriteAllText($"{_scratch.Path}/work/overlayfuse/format", format);
        Assert.That(() => _scratch.OpenWork(), Throws.TypeOf<MountException>().With.Message.Contains("another version"));
    }

    [TestCase("layers")]
    [TestCase("inodes")]
    [TestCase("origins")]
    public void A_table_of_another_form_is_refused_and_the_lock_let_go(string name)
    {
        Directory.CreateDirectory($"{_scratch.Path}/work/overlayfuse");
        File.WriteAllText($"{_scratch.Path}/work/overlayfuse/{name}", "something else");
        Assert.That(() => _scratch.OpenWork(), Throws.TypeOf<MountException>().With.Message.Contains($"work/overlayfuse/{name} has a form"));
        File.Delete($"{_scratch.Path}/work/overlayfuse/{name}");
        _scratch.OpenWork().Dispose();
    }

    [Test]
    public void A_work_directory_that_may_not_be_written_is_named_with_the_reason()
    {
        _scratch.Shell("chmod 555 work");
        OrdinaryUser.Run(() => Assert.That(() => _scratch.OpenWork(), Throws.TypeOf<MountException>()
            .With.Message.Contains($"{_scratch.Path}/work").And.Message.Contains("permission denied")));
    }

    [Test]
    public void What_the_work_directory_passes_on_is_taken_away()
    {
        var user = Scratch.IsRoot ? "root" : Environment.UserName;
        _scratch.Shell($"chmod 2775 work; setfacl -m u:{user}:rwx,d:u:{user}:rwx,d:g::rwx,d:o::rwx work");
        using var work = _scratch.OpenWork();
        Assert.That(_scratch.Shell("cd work/overlayfuse; stat -c %a . temp orphans links; getfacl -cp temp orphans links | sort -u"), Is.EqualTo(
            "700\n700\n700\n700\n\ngroup::---\nother::---\nuser::rwx"));
        Assert.That(_scratch.Shell("cd work/overlayfuse/temp; umask 0; mkdir d; echo > f; stat -c %a d f"), Is.EqualTo("777\n666"));
    }

    [Test]
    public void Names_of_temporaries_are_unique_and_short()
    {
        using var work = _scratch.OpenWork();
        var names = new string[4000];
        Parallel.For(0, names.Length, i =>
        {
            Span<byte> name = stackalloc byte[16];
            work.NextTempName(name, out var length);
            names[i] = Encoding.ASCII.GetString(name[..length]);
        });
        Assert.That(names, Is.Unique);
        Assert.That(names, Is.All.Matches("^#[0-9a-f]+$"));
    }

    [Test]
    public void Descriptors_are_given_back()
    {
        _scratch.OpenWork().Dispose();
        var before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (var i = 0; i < 20; i++) _scratch.OpenWork().Dispose();
        _scratch.Shell("mkdir work/work work/work/incompat work/work/incompat/unknown");
        for (var i = 0; i < 20; i++) Assert.That(() => _scratch.OpenWork(), Throws.TypeOf<MountException>());
        Assert.That(Directory.GetFileSystemEntries("/proc/self/fd"), Has.Length.LessThan(before + 10));
    }

    [Test]
    public void A_second_dispose_closes_nothing_of_others()
    {
        var work = _scratch.OpenWork();
        var number = work.Temp.Number;
        work.Dispose();
        var others = new List<Fd>();
        while (others.Count == 0 || others[^1].Number < number)
        {
            Syscall.Open("/", OpenFlags.Path, out var fd);
            others.Add(fd);
        }
        work.Dispose();
        foreach (var fd in others)
        {
            Assert.That(Syscall.Stat(fd, out _), Is.EqualTo(Errno.None));
            fd.Close();
        }
    }
}
