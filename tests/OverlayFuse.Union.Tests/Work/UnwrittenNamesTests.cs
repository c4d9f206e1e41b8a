using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>A mount for reading only over an upper of which the work directory knows more.</summary>
internal class UnwrittenNamesTests
{
    [Test]
    public void A_changed_file_with_names_that_only_the_index_has_is_not_shown_old()
    {
        using var union = new TestUnion(1).With("lower1", "a = \"old\"  d/b is a").Open();
        union.Kernel.Write("a", "new"u8);
        union.Close();
        var before = union.Shell("find upper work | sort; cat work/overlayfuse/layers | od -c");
        Assert.That(() => OpenReadOnly(union), Throws.TypeOf<MountException>().With.Message.Contains("/d/b").And.Message.Contains("overlayfuse settle"));
        Assert.That(union.Shell("find upper work | sort; cat work/overlayfuse/layers | od -c"), Is.EqualTo(before), "nothing is written");

        union.Settle(SettleForm.ForKernel);
        union.Close();
        using var reader = OpenReadOnly(union);
        Assert.That(Text(reader, "d/b"), Is.EqualTo("new"));
    }

    [Test]
    public void A_directory_that_is_not_for_us_to_read_hides_no_others() => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("lower1", "a = \"old\"  c/b is a  a1/  z1/");
        union.Open();
        union.Kernel.Write("a", "new"u8);
        union.Close();
        union.Shell("chmod 0 lower1/a1 lower1/z1");
        Assert.That(() => OpenReadOnly(union), Throws.TypeOf<MountException>().With.Message.Contains("/c/b"));
        union.Shell("chmod 700 lower1/a1 lower1/z1");
    });

    [Test]
    public void An_index_of_which_all_names_are_in_the_upper_is_no_hindrance()
    {
        using var union = new TestUnion(1).With("lower1", "a = \"old\"  b is a  c = \"c\"  d = \"d\"");
        union.Shell("ln lower1/c outside; ln lower1/d lower1/e");
        union.Open();
        union.Kernel.Write("a", "new"u8);
        union.Kernel.Rename("b", "b2");
        union.Kernel.Write("c", "new"u8);
        union.Kernel.Write("d", "new"u8);
        union.Kernel.Remove("e", isDirectory: false);
        union.Close();
        Assert.That(union.Shell("ls work/overlayfuse/links | wc -l"), Is.EqualTo("3"));
        using var reader = OpenReadOnly(union);
        Assert.That((Text(reader, "a"), Text(reader, "b2"), Text(reader, "c"), Text(reader, "d")), Is.EqualTo(("new", "new", "new", "new")));
    }

    [Test]
    public void A_move_that_was_not_finished_is_not_shown_at_both_places()
    {
        using var union = new TestUnion(1).With("lower1", "d/f = \"f\"").With("upper", "d/g = \"f\"").Open();
        union.Close();
        union.Shell("ln -s '0 d/f' 'work/overlayfuse/moves/#1'");
        Assert.That(() => OpenReadOnly(union), Throws.TypeOf<MountException>().With.Message.Contains("d/f"));
        union.Shell("ln -sf \"$(printf %x $(stat -c %i upper/d)) d/g\" 'work/overlayfuse/moves/#1'");
        using var reader = OpenReadOnly(union);
        Assert.That(Text(reader, "d/g"), Is.EqualTo("f"), "a note that is out of date");
    }

    [Test]
    public void Without_a_work_directory_to_be_read_the_upper_is_shown()
    {
        using var union = new TestUnion(1).With("lower1", "a = \"a\"").Open();
        union.Kernel.Write("a", "new"u8);
        union.Close();
        union.Shell("rm -r work");
        using (var reader = OpenReadOnly(union)) Assert.That(Text(reader, "a"), Is.EqualTo("new"));
        union.Shell("mkdir work");
    }

    private static UnionFileSystem OpenReadOnly(TestUnion union)
    {
        var options = union.Stack();
        options.ReadOnly = true;
        return UnionFileSystem.Open(options);
    }

    private static string Text(UnionFileSystem union, string path)
    {
        Assert.That(new Kernel(union, keeps: false).Read(path, out var bytes), Is.EqualTo(Errno.None), path);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }
}
