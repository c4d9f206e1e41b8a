using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class NumbersTests
{
    private Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [TestCase(0, 1ul, true, 0x1ul)]
    [TestCase(3, 0xabcul, true, 0x3_0000_0000_0abcul)]
    [TestCase(32766, 0xffff_ffff_fffful, true, 0x7ffe_ffff_ffff_fffful)]
    [TestCase(32767, 1ul, false, 0ul)]
    [TestCase(-1, 1ul, false, 0ul)]
    [TestCase(0, 0x1_0000_0000_0000ul, false, 0ul)]
    [TestCase(1, ulong.MaxValue, false, 0ul)]
    public void A_number_is_packed_where_it_fits(int layer, ulong inode, bool fits, ulong number)
    {
        Assert.That(InodeNumber.TryPack(layer, inode, out var packed), Is.EqualTo(fits));
        Assert.That(packed, Is.EqualTo(number));
    }

    [Test]
    public void A_number_that_does_not_fit_is_given_once_and_kept()
    {
        using (var numbers = OpenInodes())
        {
            Assert.That(Find(numbers, 1, 42), Is.EqualTo(0x1_0000_0000_002aul));
            Assert.That(Find(numbers, 1, ulong.MaxValue), Is.EqualTo(0x7fff_0000_0000_0001ul));
            Assert.That(Find(numbers, 2, ulong.MaxValue), Is.EqualTo(0x7fff_0000_0000_0002ul));
            Assert.That(Find(numbers, 1, ulong.MaxValue), Is.EqualTo(0x7fff_0000_0000_0001ul));
        }
        using (var numbers = OpenInodes())
        {
            Assert.That(Find(numbers, 3, ulong.MaxValue), Is.EqualTo(0x7fff_0000_0000_0003ul));
            Assert.That(Find(numbers, 2, ulong.MaxValue), Is.EqualTo(0x7fff_0000_0000_0002ul));
        }
        Assert.That(Hex("inodes")[..68], Is.EqualTo(
            "6f667573652d6931" + "f615cf0f" + "1400" + "01000000" + "ffffffffffffffff" + "010000000000ff7f"));
    }

    [Test]
    public void Numbers_of_files_on_other_devices_last_a_mount_and_are_not_given_again()
    {
        using (var numbers = OpenInodes())
        {
            Assert.That(Elsewhere(numbers, new(1, 42, 257)), Is.EqualTo(0x7fff_0000_0000_0001ul));
            Assert.That(Elsewhere(numbers, new(1, 43, 257)), Is.EqualTo(0x7fff_0000_0000_0002ul));
            Assert.That(Elsewhere(numbers, new(1, 42, 257)), Is.EqualTo(0x7fff_0000_0000_0001ul));
        }
        using (var numbers = OpenInodes())
        {
            Assert.That(Elsewhere(numbers, new(1, 42, 257)), Is.EqualTo(0x7fff_0000_0000_1001ul), "the device may be another subvolume's now");
            Assert.That(Find(numbers, 1, ulong.MaxValue), Is.EqualTo(0x7fff_0000_0000_1002ul));
        }
        Assert.That(Hex("inodes")[..68], Is.EqualTo("6f667573652d6931" + Hex("inodes")[16..24] + "1400" + "ffffffff" + "0000000000000000" + "001000000000ff7f"));
    }

    [Test]
    public void Narrow_numbers_are_packed_where_that_fits_else_kept()
    {
        const ulong large = (3UL << 48) | 0x1000_0000;
        using (var numbers = OpenNarrow())
        {
            Assert.That(numbers.Of((14UL << 48) | 0xfff_ffff), Is.EqualTo(0xefff_ffff));
            Assert.That((numbers.Of(large), numbers.Of(15UL << 48), numbers.Of(large)), Is.EqualTo((0xf000_0001u, 0xf000_0002u, 0xf000_0001u)));
        }
        using (var numbers = OpenNarrow()) Assert.That((numbers.Of(0x7fff_0000_0000_0001), numbers.Of(15UL << 48)), Is.EqualTo((0xf000_0003u, 0xf000_0002u)));
        Assert.That(Hex("inodes32")[..52], Is.EqualTo("6f667573652d6e31" + Hex("inodes32")[16..24] + "0c00" + "0000001000000300" + "010000f0"));
    }

    [Test]
    public void Without_a_work_directory_numbers_last_as_long_as_the_mount()
    {
        using var numbers = new InodeNumbers();
        Assert.That(Find(numbers, 1, ulong.MaxValue), Is.EqualTo(0x7fff_0000_0000_0001ul));
        Assert.That(Find(numbers, 1, ulong.MaxValue), Is.EqualTo(0x7fff_0000_0000_0001ul));
        Assert.That(numbers.Sync(), Is.EqualTo(Errno.None));

        using var layers = new LayerNumbers();
        Assert.That((layers.NumberOf("a"u8), layers.NumberOf("b"u8), layers.NumberOf("a"u8)), Is.EqualTo((1, 2, 1)));
    }

    [Test]
    public void Threads_that_ask_at_once_get_one_number_for_one_object()
    {
        using var numbers = OpenInodes();
        var found = new ulong[4][];
        Parallel.For(0, 4, thread => found[thread] = [.. Enumerable.Range(0, 1000).Select(i => Find(numbers, 1, ulong.MaxValue - (ulong)i))]);
        Assert.That(found[0], Is.Unique);
        Assert.That(found, Is.All.EqualTo(found[0]));
    }

    [Test]
    public void A_layer_keeps_its_number_however_layers_are_stacked()
    {
        using (var layers = OpenLayers())
        {
            Assert.That(layers.NumberOf("base"u8), Is.EqualTo(1));
            Assert.That(layers.NumberOf("app"u8), Is.EqualTo(2));
            layers.Write();
        }
        using (var layers = OpenLayers())
        {
            Assert.That(layers.NumberOf("fix"u8), Is.EqualTo(3));
            Assert.That(layers.NumberOf("app"u8), Is.EqualTo(2));
            Assert.That(layers.NumberOf("base"u8), Is.EqualTo(1));
            Assert.That(layers.NumberOf("bas"u8), Is.EqualTo(4));
            Assert.That(layers.NumberOf([0, 255, 10]), Is.EqualTo(5));
        }
        Assert.That(Hex("layers")[..56], Is.EqualTo("6f667573652d6c31" + "8edb704f" + "0600" + "0100" + "62617365" + "15355e4b" + "0500" + "0200"));
    }

    [Test]
    public void A_layer_that_was_known_by_its_device_keeps_its_number_under_a_name_that_lasts()
    {
        using (var layers = OpenLayers())
        {
            Assert.That((layers.NumberOf("hdevice"u8), layers.NumberOf("hother"u8)), Is.EqualTo((1, 2)));
            layers.Write();
        }
        using (var layers = OpenLayers())
        {
            Assert.That((layers.NumberOf("uone"u8, "hdevice"u8), layers.NumberOf("pnew"u8, "hunknown"u8)), Is.EqualTo((1, 3)));
            layers.Write();
        }
        using (var layers = OpenLayers())
        {
            Assert.That(layers.NumberOf("uone"u8, "helsewhere"u8), Is.EqualTo(1), "the device has another number");
            Assert.That(layers.NumberOf("utwo"u8, "hdevice"u8), Is.EqualTo(4), "another disk has the number");
            Assert.That(layers.NumberOf("uthree"u8, "hother"u8), Is.EqualTo(2));
        }
    }

    [Test]
    public void An_upper_that_saw_too_many_layers_says_so()
    {
        using var layers = new LayerNumbers();
        for (var i = 1; i <= LayerNumbers.Last; i++) layers.NumberOf(BitConverter.GetBytes(i));
        Assert.That(() => layers.NumberOf("one more"u8), Throws.TypeOf<MountException>().With.Message.Contains("32766"));
        Assert.That(layers.NumberOf(BitConverter.GetBytes(1)), Is.EqualTo(1));
    }

    private static ulong Elsewhere(InodeNumbers numbers, ForeignInode inode)
    {
        Assert.That(numbers.FindElsewhere(inode, out var number), Is.EqualTo(Errno.None));
        return number;
    }

    private static ulong Find(InodeNumbers numbers, int layer, ulong inode)
    {
        Assert.That(numbers.Find(layer, inode, out var number), Is.EqualTo(Errno.None));
        return number;
    }

    private InodeNumbers OpenInodes()
    {
        Assert.That(InodeNumbers.Open(_scratch.Work, out var numbers), Is.EqualTo(Errno.None));
        return numbers!;
    }

    private NarrowInodes OpenNarrow()
    {
        Assert.That(NarrowInodes.Open(_scratch.Work, out var numbers), Is.EqualTo(Errno.None));
        return numbers!;
    }

    private LayerNumbers OpenLayers()
    {
        Assert.That(LayerNumbers.Open(_scratch.Work, out var numbers), Is.EqualTo(Errno.None));
        return numbers!;
    }

    private string Hex(string file) => Convert.ToHexStringLower(File.ReadAllBytes($"{_scratch.Path}/work/{file}"));
}
