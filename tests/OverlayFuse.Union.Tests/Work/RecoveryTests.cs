using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What a daemon that died leaves behind is gone after the next mount.</summary>
internal class RecoveryTests
{
    private Scratch _scratch = null!;

    [SetUp]
    public void SetUp()
    {
        _scratch = new Scratch();
        _scratch.OpenWork().Dispose();
    }

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [TestCase("echo > $D/file")]
    [TestCase("mkdir $D/empty")]
    [TestCase("mkdir -p $D/a/b/c; echo > $D/a/b/c/file; echo > $D/a/file")]
    [TestCase("mkdir -p $D/a/x $D/b/x $D/c/x; for d in a b c; do echo > $D/$d/x/y; done")]
    [TestCase("ln -s /etc $D/link; ln -s nowhere $D/dangling; mkdir $D/d; ln -s .. $D/d/up; ln $D/d/up $D/d/up2")]
    [TestCase("mkfifo $D/fifo; mkdir $D/d; mkfifo $D/d/fifo")]
    [TestCase("mkdir -p $D/shut/inner; echo > $D/shut/inner/file; chmod 0 $D/shut/inner $D/shut")]
    [TestCase("mkdir -p $D/fixed/inner/more; echo > $D/fixed/inner/more/file; chmod 555 $D/fixed/inner/more $D/fixed/inner $D/fixed")]
    [TestCase("mkdir -p \"$D/#swept0/a/b\" \"$D/#swept1/a/b\"; echo > \"$D/#swept2\"; echo > \"$D/#swept0/a/b/f\"; echo > \"$D/#swept1/a/b/f\"")]
    [TestCase("mkdir $D/d; : > \"$D/d/$(printf 'new\\nline')\"; : > \"$D/$(printf '\\377\\200')\"; : > \"$D/d/ -rf\"; mkdir -p \"$D/$(printf '\\376')/x/y\"")]
    public void Leftovers_of_any_kind_are_swept_by_any_user(string make)
    {
        OrdinaryUser.Run(() =>
        {
            using var scratch = new Scratch();
            scratch.OpenWork().Dispose();
            scratch.Shell($"D=work/overlayfuse/temp; {make}\nD=work/overlayfuse/orphans; {make}");
            scratch.OpenWork().Dispose();
            Assert.That(scratch.Shell("ls -A work/overlayfuse/temp work/overlayfuse/orphans"), Is.EqualTo("work/overlayfuse/orphans:\n\nwork/overlayfuse/temp:"));
        });
    }

    [Test]
    public void A_tree_deeper_than_any_path_and_any_stack_is_swept()
    {
        var directory = Open("work/overlayfuse/temp");
        for (var depth = 0; depth < 5000; depth++)
        {
            Assert.That(OwnDirectory.Make(directory, "a_directory_name_of_some_length"u8, out var inner), Is.EqualTo(Errno.None));
            if (depth > 0) directory.Close();
            directory = inner;
        }
        Assert.That(Syscall.OpenAt(directory, "file"u8, OpenFlags.Create, 0x180, out var file), Is.EqualTo(Errno.None));
        file.Close();
        directory.Close();
        _scratch.OpenWork().Dispose();
        Assert.That(Directory.GetFileSystemEntries($"{_scratch.Path}/work/overlayfuse/temp"), Is.Empty);
    }

    [Test]
    public void A_directory_of_very_many_whiteouts_is_swept()
    {
        if (!Scratch.IsRoot) Assert.Ignore("makes device nodes");
        var directory = _scratch.Make("work/overlayfuse/temp/d");
        for (var i = 0; i < 20_000; i++) Syscall.MknodAt(directory, Encoding.ASCII.GetBytes($"a whiteout number {i}"), (uint)FileType.CharDevice, 0, 0);
        _scratch.OpenWork().Dispose();
        Assert.That(Directory.Exists($"{_scratch.Path}/work/overlayfuse/temp/d"), Is.False);
    }

    [Test]
    public void What_links_point_to_is_left_alone()
    {
        _scratch.Shell("mkdir keep; echo kept > keep/file; ln -s ../../../keep work/overlayfuse/temp/link; mkdir work/overlayfuse/orphans/d; ln -s ../../../../keep work/overlayfuse/orphans/d/link");
        _scratch.OpenWork().Dispose();
        Assert.That(_scratch.Shell("cat keep/file"), Is.EqualTo("kept"));
    }

    [Test]
    public void What_cannot_be_removed_is_named()
    {
        if (!Scratch.IsRoot) Assert.Ignore("needs chattr");
        _scratch.Shell("echo > work/overlayfuse/temp/fixed; chattr +i work/overlayfuse/temp/fixed");
        try
        {
            Assert.That(() => _scratch.OpenWork(), Throws.TypeOf<MountException>()
                .With.Message.Contains("work/overlayfuse/temp/fixed").And.Message.Contains("operation not permitted"));
        }
        finally
        {
            _scratch.Shell("chattr -i work/overlayfuse/temp/fixed");
        }
    }

    [Test]
    public void A_mode_left_wide_is_restored_at_the_next_mount()
    {
        _scratch.Shell("mkdir upper/dir; echo > upper/dir/file; chmod 644 upper/dir/file");
        var inode = ulong.Parse(_scratch.Shell("stat -c %i upper/dir/file"));
        using (var work = _scratch.OpenWork()) work.WidenJournal.Record(inode, 0x124, "dir/file"u8, out _);
        _scratch.OpenWork().Dispose();
        Assert.That(_scratch.Shell("stat -c %a upper/dir/file; ls work/overlayfuse/widened"), Is.EqualTo("444"));
    }

    [Test]
    public void Links_in_the_index_and_maps_of_partial_files_are_no_leftovers()
    {
        _scratch.Shell("echo > work/overlayfuse/links/1-4d; echo > work/overlayfuse/partial/map");
        using var work = _scratch.OpenWork();
        Assert.That(work.LinkIndex.Contains(1, 77), Is.True);
        Assert.That(File.Exists($"{_scratch.Path}/work/overlayfuse/partial/map"), Is.True);
    }

    [Test]
    public void On_a_full_disk_the_next_mount_succeeds_and_says_what_it_cannot_keep()
    {
        if (!Scratch.IsRoot) Assert.Ignore("mounts a small file system");
        _scratch.Shell("mkdir small; mount -t tmpfs -o size=256k small small; mkdir small/upper small/work");
        try
        {
            OpenSmall().Dispose();
            _scratch.Run("cat /dev/zero > small/filler");
            using var work = OpenSmall();
            var error = Errno.None;
            for (var inode = 0ul; inode < 1000 && error == Errno.None; inode++)
            {
                error = work.Origins.Add(inode, default, inode);
                Assert.That(work.Origins.TryGet(inode, out _), Is.EqualTo(error == Errno.None));
            }
            Assert.That(error, Is.EqualTo(Errno.NOSPC));
            for (var inode = ulong.MaxValue; inode > ulong.MaxValue - 1000; inode--) Assert.That(work.InodeNumbers.Find(1, inode, out _), Is.EqualTo(Errno.None));
        }
        finally
        {
            _scratch.Shell("umount -l small");
        }
    }

    private WorkDirectory OpenSmall() =>
        WorkDirectory.Open(Open("small/upper"), Open("small/work"), "small/work"u8.ToArray(), MarkFamily.User, Durability.Ordered);

    private DirFd Open(string path) => _scratch.OpenDirectory(path);
}
