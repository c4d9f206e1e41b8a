using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class StackRecordTests
{
    private static readonly StackRecord Odd = new(0x1a2b, "/u p"u8.ToArray(), ["/lower\nwith\\all"u8.ToArray(), [(byte)'/', 0xff]], ["/d"u8.ToArray()]);

    [Test]
    public void The_bytes_on_disk_are_those_of_the_readme() =>
        Assert.That(Odd.Format(), Is.EqualTo((byte[])[.. "upper 1a2b /u p\nlower /lower\\012with\\134all\nlower /"u8, 0xff, .. "\ndata /d\n"u8]));

    [Test]
    public void It_is_read_as_it_was_written()
    {
        Assert.That(StackRecord.TryParse(Odd.Format(), out var read), Is.True);
        Assert.That((read!.UpperInode, read.Upper), Is.EqualTo((Odd.UpperInode, Odd.Upper)));
        Assert.That(read.Lowers, Is.EqualTo(Odd.Lowers));
        Assert.That(read.DataOnly, Is.EqualTo(Odd.DataOnly));
    }

    [TestCase("")]
    [TestCase("upper 1 /u\n", Description = "no layer")]
    [TestCase("upper 1 /u\nlower /l", Description = "cut short")]
    [TestCase("upper 1 u\nlower /l\n")]
    [TestCase("upper /u\nlower /l\n")]
    [TestCase("lower /l\nupper 1 /u\n")]
    [TestCase("upper 1 /u\nlower /l\\9\n")]
    [TestCase("upper 1 /u\nlower /l\nmore\n")]
    [TestCase("upper 1 /u\ndata /d\n")]
    [TestCase("upper 1 /u\nlower /l\ndata /d\nlower /m\n")]
    public void Any_other_text_is_refused(string text) => Assert.That(StackRecord.TryParse(Encoding.UTF8.GetBytes(text), out _), Is.False);

    [Test]
    public void A_mount_writes_it_and_an_upper_finds_its_stack_by_it()
    {
        using var union = Mounted();
        Assert.That(union.Shell("cat work/overlayfuse/stack"), Is.EqualTo($"upper {union.Shell("printf %x $(stat -c %i upper)")} {union.Path}/upper\nlower {union.Path}/lower1\nlower {union.Path}/lower2"));
        var found = UpperStack.Find(Encoding.UTF8.GetBytes(union.Upper), null, [], []);
        Assert.That(Encoding.UTF8.GetString(found.WorkDirectory!), Is.EqualTo($"{union.Path}/work"));
        Assert.That(found.LowerDirectories.Select(Encoding.UTF8.GetString), Is.EqualTo(new[] { $"{union.Path}/lower1", $"{union.Path}/lower2" }));
    }

    [Test]
    public void An_upper_that_was_moved_with_its_work_directory_finds_it_still()
    {
        using var union = Mounted();
        union.Shell("mkdir there && mv upper there/u && mv work there/w");
        Assert.That(Encoding.UTF8.GetString(UpperStack.Find(Encoding.UTF8.GetBytes($"{union.Path}/there/u"), null, [], []).WorkDirectory!), Is.EqualTo($"{union.Path}/there/w"));
    }

    [Test]
    public void Where_none_or_several_are_found_a_sentence_asks_for_it()
    {
        using var union = Mounted();
        union.Shell("cp -a work work2");
        Assert.That(Message(), Does.Contain("several work directories").And.Contain("work2"));
        union.Shell("rm -r work work2");
        Assert.That(Message(), Does.Contain("is not known").And.Contain("-o lowerdir=A:B,workdir=W"));

        string Message() => Assert.Throws<MountException>(() => UpperStack.Find(Encoding.UTF8.GetBytes(union.Upper), null, [], []))!.Message;
    }

    private static TestUnion Mounted()
    {
        var union = new TestUnion(2).Open();
        union.Close();
        return union;
    }
}
