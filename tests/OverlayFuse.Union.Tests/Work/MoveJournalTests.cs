using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class MoveJournalTests
{
    private Scratch _scratch = null!;

    [SetUp]
    public void SetUp()
    {
        _scratch = new Scratch();
        _scratch.Shell("mkdir -p work/moves work/orphans upper/d; touch work/orphans/#1");
    }

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void A_note_is_a_link_that_says_inode_and_path()
    {
        using var journal = Open(_scratch);
        Assert.That(journal.Record("#1"u8, 0x1ab, "/d/old"u8), Is.EqualTo(Errno.None));
        Assert.That(journal.Record("#2"u8, MoveJournal.Nothing, "/x"u8), Is.EqualTo(Errno.None));
        Assert.That(_scratch.Shell("readlink work/moves/#1 work/moves/#2"), Is.EqualTo("1ab d/old\n0 x"));

        journal.Done("#1"u8);
        Assert.That(_scratch.Shell("ls work/moves"), Is.EqualTo("#2"));
    }

    [Test]
    public void A_path_that_leaves_no_room_for_the_rest_is_refused()
    {
        using var journal = Open(_scratch);
        Assert.That(journal.Record("#1"u8, 1, new byte[4095]), Is.EqualTo(Errno.NAMETOOLONG));
        Assert.That(_scratch.Shell("ls work/moves"), Is.Empty);
    }

    [TestCase("touch upper/d/old", "$(stat -c %i upper/d/old | xargs printf %x) d/old", "d/old", TestName = "What was replaced gives way to the whiteout")]
    [TestCase("true", "0 d/old", "d/old", TestName = "The whiteout comes where nothing is any more")]
    [TestCase("true", "0 old", "old", TestName = "The whiteout comes to a name at the top")]
    [TestCase("touch upper/d/old", "0 d/old", "", TestName = "What has not moved stays")]
    [TestCase("touch upper/d/old", "1 d/old", "", TestName = "Another object than the replaced one stays")]
    [TestCase("ln -s ../../away upper/d/l", "0 d/l/old", "", TestName = "A link leads nowhere")]
    [TestCase("true", "0 ../old", "", TestName = "Nothing is done outside of the upper")]
    [TestCase("true", "0 gone/old", "", TestName = "A directory that is gone needs nothing")]
    [TestCase("true", "nonsense", "", TestName = "What is no note is dropped")]
    public void Half_a_move_is_finished(string before, string note, string place)
    {
        _scratch.Shell($"mkdir -p away; {before}; ln -s \"{note}\" work/moves/#1");
        var whiteout = _scratch.Shell("stat -c %i work/orphans/#1");
        Recover(_scratch);
        Assert.That(_scratch.Shell("ls work/moves away; find . -name old -inum " + whiteout), Is.EqualTo(place.Length > 0 ? $"away:\n\nwork/moves:\n./upper/{place}" : "away:\n\nwork/moves:"));
    }

    [Test]
    public void A_directory_that_its_owner_may_not_write_keeps_its_mode()
    {
        OrdinaryUser.Run(() =>
        {
            using var scratch = new Scratch();
            scratch.Shell("mkdir -p work/moves work/orphans work/widened upper/d; touch work/orphans/#1; ln -s '0 d/old' work/moves/#1; chmod 555 upper/d");
            Recover(scratch);
            Assert.That(scratch.Shell("stat -c %a upper/d; ls upper/d work/moves work/widened; chmod 755 upper/d"), Is.EqualTo("555\nupper/d:\nold\n\nwork/moves:\n\nwork/widened:"));
        });
    }

    private static void Recover(Scratch scratch)
    {
        scratch.Shell("mkdir -p work/widened");
        Assert.That(OwnDirectory.Open(scratch.Work, "widened"u8, out var widened), Is.EqualTo(Errno.None));
        Assert.That(WidenJournal.Open(widened, scratch.Upper, scratch.Make("links"), out var widening), Is.EqualTo(Errno.None));
        using (widening)
        using (var journal = Open(scratch)) Assert.That(journal.Recover(scratch.Upper, widening), Is.EqualTo(Errno.None));
    }

    private static MoveJournal Open(Scratch scratch)
    {
        Assert.That(OwnDirectory.Open(scratch.Work, "moves"u8, out var moves), Is.EqualTo(Errno.None));
        Assert.That(OwnDirectory.Open(scratch.Work, "orphans"u8, out var orphans), Is.EqualTo(Errno.None));
        return new MoveJournal(moves, orphans);
    }
}
