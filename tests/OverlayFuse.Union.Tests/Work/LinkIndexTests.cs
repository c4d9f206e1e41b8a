using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class LinkIndexTests
{
    private Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [TestCase(0, 1ul, "0-1")]
    [TestCase(17, 0xabcdeful, "11-abcdef")]
    [TestCase(32766, ulong.MaxValue, "7ffe-ffffffffffffffff")]
    public void A_name_is_the_layer_and_the_inode_in_hexadecimal(int layer, ulong inode, string expected)
    {
        var name = new byte[LinkIndex.NameSize];
        Assert.That(Encoding.ASCII.GetString(name, 0, LinkIndex.NameOf(layer, inode, name)), Is.EqualTo(expected));

        File.WriteAllText($"{_scratch.Path}/work/{expected}", "");
        Assert.That(Open().Contains(layer, inode), Is.True);
    }

    [Test]
    public void A_copy_is_found_until_it_is_removed()
    {
        File.WriteAllText($"{_scratch.Path}/upper/copy", "data");
        var index = Open();
        Assert.That(index.Contains(1, 77), Is.False);
        Assert.That(index.Add(1, 77, _scratch.Upper, "copy"u8), Is.EqualTo(Errno.None));
        Assert.That(index.Contains(1, 77), Is.True);
        Assert.That(_scratch.Shell("stat -c %h upper/copy; cat work/1-4d"), Is.EqualTo("2\ndata"));
        Assert.That(Open().Contains(1, 77), Is.True);

        Assert.That(index.Remove(1, 77), Is.EqualTo(Errno.None));
        Assert.That(index.Remove(1, 77), Is.EqualTo(Errno.None));
        Assert.That(index.Contains(1, 77), Is.False);
        Assert.That(Open().Contains(1, 77), Is.False);
    }

    [Test]
    public void The_first_copy_counts()
    {
        File.WriteAllText($"{_scratch.Path}/upper/first", "first");
        File.WriteAllText($"{_scratch.Path}/upper/second", "second");
        var index = Open();
        Assert.That(index.Add(1, 77, _scratch.Upper, "first"u8), Is.EqualTo(Errno.None));
        Assert.That(index.Add(1, 77, _scratch.Upper, "second"u8), Is.EqualTo(Errno.EXIST));
        Assert.That(_scratch.Shell("cat work/1-4d"), Is.EqualTo("first"));
    }

    [Test]
    public void What_cannot_be_linked_is_not_in_the_index()
    {
        var index = Open();
        Assert.That(index.Add(1, 77, _scratch.Upper, "nothing"u8), Is.EqualTo(Errno.NOENT));
        Assert.That(index.Contains(1, 77), Is.False);
    }

    [Test]
    public void Symbolic_links_are_linked_themselves()
    {
        _scratch.Shell("ln -s nowhere upper/link");
        Assert.That(Open().Add(1, 77, _scratch.Upper, "link"u8), Is.EqualTo(Errno.None));
        Assert.That(_scratch.Shell("readlink work/1-4d"), Is.EqualTo("nowhere"));
    }

    [TestCase("x")]
    [TestCase("-1")]
    [TestCase("1-")]
    [TestCase("1-g")]
    [TestCase("1-1-1")]
    [TestCase("7fff-1")]
    [TestCase("ffffffffffff-1")]
    [TestCase("1-11111111111111111")]
    public void Other_names_are_passed_over(string name)
    {
        File.WriteAllText($"{_scratch.Path}/work/{name}", "");
        Assert.That(LinkIndex.Open(_scratch.Work, MarkFamily.User, out _), Is.EqualTo(Errno.None));
    }

    private LinkIndex Open()
    {
        Assert.That(LinkIndex.Open(_scratch.Work, MarkFamily.User, out var index), Is.EqualTo(Errno.None));
        return index;
    }
}
