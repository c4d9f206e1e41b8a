using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class WidenJournalTests
{
    private const uint ReadOnly = 0x124;
    private const uint Widened = 0x1a4;

    private Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void A_note_is_a_link_that_says_mode_inode_and_path()
    {
        var journal = Open();
        Assert.That(journal.Record(0x1ab, 0x924, "dir/file"u8, out _), Is.EqualTo(Errno.None));
        Assert.That(journal.Record(2, 0, "x"u8, out var second), Is.EqualTo(Errno.None));
        Assert.That(_scratch.Shell("readlink work/1 work/2"), Is.EqualTo("4444 1ab dir/file\n0000 2 x"));

        journal.Done(second);
        Assert.That(Notes, Is.EqualTo("1"));
    }

    [TestCase("file")]
    [TestCase("a b/c\nd/'$\\")]
    [TestCase("\xff\x80/\xfe")]
    [TestCase("deep/er/and/deeper/file")]
    public void A_mode_left_wide_is_restored(string path)
    {
        var file = MakeFile(path);
        Note(file, path);
        Open();
        Assert.That(Status(file).Mode & Mode.Permissions, Is.EqualTo(ReadOnly));
        Assert.That(Notes, Is.Empty);
        file.Close();
    }

    [Test]
    public void A_mode_of_an_index_link_is_restored_there()
    {
        _scratch.Shell("mkdir links; echo > links/1-2a; chmod 644 links/1-2a; ln links/1-2a upper/file");
        Assert.That(Open().Record(InodeOf(_scratch, "file"), ReadOnly, "/1-2a"u8, out _), Is.EqualTo(Errno.None));
        Assert.That(_scratch.Shell("readlink work/1"), Is.EqualTo($"0444 {InodeOf(_scratch, "file"):x} /1-2a"));
        Open();
        Assert.That(_scratch.Shell("stat -c %a upper/file; ls work"), Is.EqualTo("444"));
    }

    [Test]
    public void The_mode_of_a_directory_is_restored_after_what_is_in_it()
    {
        OrdinaryUser.Run(() =>
        {
            using var scratch = new Scratch();
            scratch.Shell("mkdir upper/dir; echo > upper/dir/file; chmod 700 upper/dir; chmod 644 upper/dir/file");
            Assert.That(WidenJournal.Open(scratch.Work, scratch.Upper, scratch.Make("links"), out var journal), Is.EqualTo(Errno.None));
            journal.Record(InodeOf(scratch, "dir"), 0, "dir"u8, out _);
            journal.Record(InodeOf(scratch, "dir/file"), ReadOnly, "dir/file"u8, out _);
            Assert.That(WidenJournal.Open(scratch.Work, scratch.Upper, scratch.Make("links"), out _), Is.EqualTo(Errno.None));
            Assert.That(scratch.Shell("stat -c %a upper/dir; chmod 700 upper/dir; stat -c %a upper/dir/file; ls work"), Is.EqualTo("0\n444"));
        });
    }

    [Test]
    public void A_note_whose_file_cannot_be_reached_waits_and_is_not_written_over()
    {
        OrdinaryUser.Run(() =>
        {
            using var scratch = new Scratch();
            scratch.Shell("mkdir upper/dir; echo > upper/dir/file; chmod 644 upper/dir/file");
            Assert.That(WidenJournal.Open(scratch.Work, scratch.Upper, scratch.Make("links"), out var journal), Is.EqualTo(Errno.None));
            journal.Record(InodeOf(scratch, "dir/file"), ReadOnly, "dir/file"u8, out _);
            scratch.Shell("chmod 0 upper/dir");
            Assert.That(WidenJournal.Open(scratch.Work, scratch.Upper, scratch.Make("links"), out journal), Is.EqualTo(Errno.None));
            Assert.That(journal.Record(1, 0, "other"u8, out _), Is.EqualTo(Errno.None));

            scratch.Shell("chmod 700 upper/dir");
            Assert.That(WidenJournal.Open(scratch.Work, scratch.Upper, scratch.Make("links"), out _), Is.EqualTo(Errno.None));
            Assert.That(scratch.Shell("stat -c %a upper/dir/file; ls work"), Is.EqualTo("444"));
        });
    }

    [Test]
    public void Another_object_under_the_name_is_left_alone()
    {
        var file = MakeFile("file");
        Note(file, "file");
        file.Close();
        _scratch.Shell("cp upper/file upper/copy; mv upper/copy upper/file; chmod 640 upper/file");
        Open();
        Assert.That(_scratch.Shell("stat -c %a upper/file; ls work"), Is.EqualTo("640"));
    }

    [TestCase("ln -s ../outside upper/link", "link")]
    [TestCase("ln -s .. upper/link", "link/outside")]
    [TestCase("true", "../outside")]
    [TestCase("true", "/etc/passwd")]
    [TestCase("true", "gone")]
    [TestCase("echo > upper/file", "file/below")]
    [TestCase("true", "")]
    public void Nothing_outside_the_upper_is_touched(string preparation, string path)
    {
        _scratch.Shell($"echo > outside; chmod 640 outside; {preparation}");
        Open().Record(InodeOf(_scratch, "../outside"), ReadOnly, Encoding.UTF8.GetBytes(path), out _);
        Open();
        Assert.That(_scratch.Shell("stat -c %a outside"), Is.EqualTo("640"));
    }

    [TestCase("0444")]
    [TestCase("0444 ")]
    [TestCase("0444 1")]
    [TestCase("0444 1 ")]
    [TestCase("0444 zz file")]
    [TestCase("0844 1 file")]
    [TestCase("44 1 file")]
    [TestCase("nonsense")]
    public void A_note_that_says_nothing_is_dropped(string note)
    {
        _scratch.Shell($"ln -s '{note}' work/1; echo > work/2; echo > work/other");
        Open();
        Assert.That(Notes, Is.EqualTo("2\nother"));
    }

    [Test]
    public void A_path_that_leaves_no_room_is_refused()
    {
        var journal = Open();
        var longest = Enumerable.Repeat((byte)'p', 4073).ToArray();
        Assert.That(journal.Record(ulong.MaxValue, 0, [.. longest, (byte)'p'], out _), Is.EqualTo(Errno.NAMETOOLONG));
        Assert.That(journal.Record(ulong.MaxValue, 0, longest, out _), Is.EqualTo(Errno.None));
        Open();
    }

    private string Notes => _scratch.Shell("ls work");

    private WidenJournal Open()
    {
        Assert.That(WidenJournal.Open(_scratch.Work, _scratch.Upper, _scratch.Make("links"), out var journal), Is.EqualTo(Errno.None));
        return journal;
    }

    private void Note(Fd file, string path) =>
        Assert.That(Open().Record(Status(file).Inode, ReadOnly, Encoding.Latin1.GetBytes(path), out _), Is.EqualTo(Errno.None));

    /// <summary>Makes a file, whose mode is wider than it was, and its directories.</summary>
    private Fd MakeFile(string path)
    {
        var directory = _scratch.Upper;
        var names = path.Split('/');
        foreach (var name in names[..^1])
        {
            Assert.That(OwnDirectory.Make(directory, Encoding.Latin1.GetBytes(name), out directory), Is.EqualTo(Errno.None));
        }
        Assert.That(Syscall.OpenAt(directory, Encoding.Latin1.GetBytes(names[^1]), OpenFlags.Create | OpenFlags.ReadWrite, Widened, out var file), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Chmod(file, Widened), Is.EqualTo(Errno.None));
        return file;
    }

    private static FileStatus Status(Fd file)
    {
        Assert.That(Syscall.Stat(file, out var status), Is.EqualTo(Errno.None));
        return status;
    }

    private static ulong InodeOf(Scratch scratch, string path) => ulong.Parse(scratch.Shell($"stat -c %i upper/{path}"));
}
