using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Layers in which an inode number does not tell a file: a snapshot of a btrfs subvolume has those of what it was made of.</summary>
internal class SubvolumeTests
{
    private Scratch _disk = null!;
    private string _mount = "";

    [SetUp]
    public void SetUp()
    {
        _disk = new Scratch("/var/tmp");
        if (!Scratch.IsRoot) Assert.Ignore("only root mounts a file system");
        try
        {
            _disk.Shell("truncate -s 200M disk && mkfs.btrfs -q disk && mkdir mnt && mount -o loop disk mnt && chmod 755 mnt");
        }
        catch (InvalidOperationException e)
        {
            Assert.Ignore("no btrfs here: " + e.Message);
        }
        _mount = $"{_disk.Path}/mnt";
    }

    [TearDown]
    public void TearDown()
    {
        if (_mount != "") _disk.Shell("umount mnt");
        _mount = "";
        _disk.Dispose();
    }

    [Test]
    public void Files_of_one_number_in_two_subvolumes_are_two_files()
    {
        using var union = Snapshots();
        union.Open(keeps: false);
        Assert.That(Shown(union), Is.EqualTo("old old new new"));
        var numbers = (string[])["a/f", "a/g", "b/f", "b/g", "a", "b", "", "a/single", "b/single"];
        Assert.That(numbers.Select(path => NumberOf(union, path)), Is.Unique);

        union.Kernel.Write("b/f", "changed"u8);
        Assert.That(Shown(union), Is.EqualTo("old old changed new"));
        Assert.That(numbers.Select(path => NumberOf(union, path)), Is.Unique);
        union.Kernel.Remove("a/f", false);
        union.Close();
        union.Open(keeps: false);
        Assert.That(Shown(union), Is.EqualTo("- old changed new"));
        Assert.That(numbers[1..].Select(path => NumberOf(union, path)), Is.Unique);
    }

    [Test]
    public void So_they_are_in_an_upper_that_has_subvolumes()
    {
        using var union = Snapshots("upper");
        union.Open(keeps: false);
        var numbers = (string[])["a/f", "b/f", "a", "b", "", "a/single", "b/single"];
        Assert.That(numbers.Select(path => NumberOf(union, path)), Is.Unique);
        Assert.That(Shown(union), Is.EqualTo("old old new new"));
        union.Kernel.Write("b/g", "now"u8);
        Assert.That(Shown(union), Is.EqualTo("old old now now"));
        Assert.That(NumberOf(union, "b/f"), Is.EqualTo(NumberOf(union, "b/g")));
    }

    [Test]
    public void Links_in_the_subvolume_of_the_layer_itself_stay_links()
    {
        using var union = Snapshots();
        union.Shell("echo -n x > lower1/x; ln lower1/x lower1/y");
        union.Open(keeps: false);
        union.Kernel.Write("x", "z"u8);
        Assert.That(Text(union, "y"), Is.EqualTo("z"));
        Assert.That(NumberOf(union, "x"), Is.EqualTo(NumberOf(union, "y")));
    }

    [Test]
    public void A_number_of_a_subvolume_stays_through_copy_up_and_at_the_next_mount_no_other_has_it()
    {
        using var union = Snapshots();
        union.Open(keeps: false);
        var number = NumberOf(union, "b/single");
        union.Kernel.Write("b/single", "changed"u8);
        Assert.That(NumberOf(union, "b/single"), Is.EqualTo(number));
        union.Close();
        union.Open(keeps: false);
        Assert.That(NumberOf(union, "a/single"), Is.Not.EqualTo(number));
        Assert.That(NumberOf(union, "b/single"), Is.EqualTo(number));
    }

    [Test]
    public void What_a_mount_covers_in_one_subvolume_shows_in_its_snapshot()
    {
        using var union = Snapshots();
        union.Shell("mkdir lower1/a/m && echo -n m > lower1/a/m/f && btrfs -q subvolume snapshot lower1/a lower1/c && mount -t tmpfs none lower1/a/m");
        try
        {
            union.Open(keeps: false);
            Assert.That((Text(union, "c/m/f"), Text(union, "a/m/f")), Is.EqualTo(("m", "-")));
        }
        finally
        {
            union.Close();
            union.Shell("umount lower1/a/m");
        }
    }

    // The snapshot has a file with the number of another one, which was changed since.
    private TestUnion Snapshots(string layer = "lower1")
    {
        var union = new TestUnion(1, above: _mount);
        union.Shell($"cd {layer}; btrfs -q subvolume create a && echo -n old > a/f && ln a/f a/g && echo -n s > a/single && btrfs -q subvolume snapshot a b && echo -n new > b/f");
        return union;
    }

    private static string Shown(TestUnion union) => string.Join(' ', ((string[])["a/f", "a/g", "b/f", "b/g"]).Select(path => Text(union, path)));

    private static string Text(TestUnion union, string path) =>
        union.Kernel.Read(path, out var bytes) == Errno.None ? System.Text.Encoding.UTF8.GetString(bytes) : "-";

    private static ulong NumberOf(TestUnion union, string path)
    {
        Assert.That(union.Kernel.Find(path, out var entry), Is.EqualTo(Errno.None), path);
        return entry.Attributes.Inode;
    }
}
