using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

public sealed class DirectoryBufferTests
{
    [Test]
    public void A_plain_entry_has_the_bytes_of_the_kernels_struct()
    {
        var bytes = new byte[64];
        bytes.AsSpan().Fill(0xff);
        var buffer = new DirectoryBuffer(bytes, plus: false);

        Assert.That(buffer.TryAdd("abc"u8, 0x1234, FileType.Regular, 7));

        Assert.That(buffer.Length, Is.EqualTo(32));
        Assert.That(Convert.ToHexString(bytes, 0, 32).ToLowerInvariant(), Is.EqualTo("3412000000000000" + "0700000000000000" + "03000000" + "08000000" + "6162630000000000"));
    }

    [Test]
    public void An_entry_of_the_plus_form_carries_node_and_attributes()
    {
        var bytes = new byte[256];
        var buffer = new DirectoryBuffer(bytes, plus: true);

        Assert.That(buffer.TryAdd("12345678"u8, 9, RecordingFileSystem.SomeEntry));

        Assert.That(buffer.Length, Is.EqualTo(160));
        var entry = MemoryMarshal.Read<DirectoryEntryPlus>(bytes);
        Assert.That(entry.Entry.Node, Is.EqualTo(new NodeId(42)));
        Assert.That(entry.Entry.EntryNanoseconds, Is.EqualTo(500_000_000));
        Assert.That(entry.Dirent.Inode, Is.EqualTo(42));
        Assert.That(entry.Dirent.Cookie, Is.EqualTo(9));
        Assert.That(entry.Dirent.Type, Is.EqualTo(8));
    }

    [TestCase(true, 152)]
    [TestCase(false, 24)]
    public void What_is_said_to_fit_fits_and_nothing_else(bool plus, int head)
    {
        for (var size = 0; size < 400; size++)
        {
            var buffer = new DirectoryBuffer(new byte[size], plus);
            var fits = buffer.RemainingHas(5);
            Assert.That(fits, Is.EqualTo(size >= head + 8));
            var added = plus ? buffer.TryAdd("01234"u8, 1, RecordingFileSystem.SomeEntry) : buffer.TryAdd("01234"u8, 1, FileType.Regular, 1);
            Assert.That(added, Is.EqualTo(fits));
            Assert.That(buffer.Length, Is.EqualTo(fits ? head + 8 : 0));
        }
    }

    [Test]
    public void A_form_that_was_not_asked_for_is_not_added()
    {
        var plain = new DirectoryBuffer(new byte[1000], plus: false);
        Assert.That(plain.TryAdd("a"u8, 1, RecordingFileSystem.SomeEntry), Is.False);
        var plus = new DirectoryBuffer(new byte[1000], plus: true);
        Assert.That(plus.TryAdd("a"u8, 1, FileType.Regular, 1), Is.False);
    }
}
