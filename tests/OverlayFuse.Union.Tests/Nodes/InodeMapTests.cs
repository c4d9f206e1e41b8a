using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>st_ino: one number for one object, the same before and after copy-up and at the next mount.</summary>
internal class InodeMapTests
{
    [Test]
    public void A_number_stays_through_copy_up_rename_and_the_next_mount()
    {
        using var union = new TestUnion(2);
        union.With("lower1", "d/f = \"f\"  l -> \"x\"").With("lower2", "d/g = \"g\"").Open(keeps: false);
        var numbers = new[] { "d", "d/f", "d/g", "l" }.ToDictionary(p => p, p => NumberOf(union, p));
        Assert.That(numbers.Values, Is.Unique);
        union.Kernel.Write("d/f", "new"u8);
        union.Kernel.Chmod("d/g", 0x180);
        union.Kernel.Rename("l", "m");
        union.Kernel.Rename("d", "e");
        for (var mount = 0; mount < 2; mount++)
        {
            Assert.That(new[] { "e", "e/f", "e/g", "m" }.Select(p => NumberOf(union, p)), Is.EqualTo(new[] { numbers["d"], numbers["d/f"], numbers["d/g"], numbers["l"] }));
            union.Close();
            union.Open(keeps: false);
        }
    }

    [Test]
    public void A_copy_that_another_program_made_shows_the_number_of_its_origin()
    {
        using var union = new TestUnion(1);
        union.With("lower1", "f = \"f\"").Open(keeps: false);
        var number = NumberOf(union, "f");
        union.Kernel.Write("f", "new"u8);
        union.Close();
        union.Shell("rm -r work/overlayfuse");
        union.Open(keeps: false);
        Assert.That(NumberOf(union, "f"), Is.EqualTo(number));
    }

    [Test]
    public void Files_of_one_inode_in_two_layers_are_two_files()
    {
        using var union = new TestUnion(2);
        union.With("lower1", "a = \"1\"");
        union.Shell("ln lower1/a lower2/b");
        union.Open();
        Assert.That(NumberOf(union, "a"), Is.Not.EqualTo(NumberOf(union, "b")));
        union.Kernel.Write("a", "2"u8);
        Assert.That(LayerText.Describe(union.Kernel), Is.EqualTo(new[] { "a = \"2\"", "b = \"1\"" }));
    }

    [Test]
    public void An_upper_inode_that_is_used_again_gets_a_number_of_its_own()
    {
        using var union = new TestUnion(1);
        union.With("lower1", string.Join("  ", Enumerable.Range(0, 20).Select(i => $"f{i} = \"f\""))).Open(keeps: false);
        var old = Enumerable.Range(0, 20).Select(i => NumberOf(union, $"f{i}")).ToList();
        for (var i = 0; i < 20; i++)
        {
            union.Kernel.Write($"f{i}", "x"u8);
            union.Kernel.Remove($"f{i}", false);
            union.Kernel.Create($"n{i}", []);
        }
        Assert.That(Enumerable.Range(0, 20).Select(i => NumberOf(union, $"n{i}")).Intersect(old), Is.Empty);
    }

    [Test]
    public void Names_of_one_file_have_one_number_and_count_each_other()
    {
        using var union = new TestUnion(1);
        union.With("lower1", "a = \"1\"  d/b is a  c = \"c\"").Open(keeps: false);
        var number = NumberOf(union, "a");
        foreach (var action in (Action[])[() => { }, () => union.Kernel.Write("a", "2"u8), () => union.Kernel.Link("d/b", "e")])
        {
            action();
            Assert.That(NumberOf(union, "a"), Is.EqualTo(number));
            Assert.That(NumberOf(union, "d/b"), Is.EqualTo(number));
        }
        Assert.That((LinksOf(union, "a"), LinksOf(union, "e"), LinksOf(union, "c")), Is.EqualTo((3u, 3u, 1u)));
        union.Kernel.Remove("a", false);
        Assert.That((LinksOf(union, "d/b"), LinksOf(union, "e")), Is.EqualTo((2u, 2u)));
    }

    private static ulong NumberOf(TestUnion union, string path)
    {
        Assert.That(union.Kernel.Find(path, out var entry), Is.EqualTo(Errno.None), path);
        return entry.Attributes.Inode;
    }

    private static uint LinksOf(TestUnion union, string path)
    {
        Assert.That(union.Kernel.Find(path, out var entry), Is.EqualTo(Errno.None), path);
        return entry.Attributes.LinkCount;
    }
}
