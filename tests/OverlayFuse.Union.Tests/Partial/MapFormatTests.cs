using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>The bytes of a map file, as the README of the room has them.</summary>
internal class MapFormatTests
{
    private static readonly BootId Boot = new(new Guid("00112233-4455-6677-8899-aabbccddeeff"));
    private static readonly Fingerprint Lower = new(3, 0x1122334455667788, 1_000_000, new Timestamp(1_700_000_000, 5));

    [Test]
    public void The_header_is_as_it_is_written_down()
    {
        var bytes = new byte[PartialHeader.Size];
        PartialHeader.For(Lower).Write(bytes);
        Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo(
            "6f667573652d7031" + "0c000000" + "03000000" + "8877665544332211" + "40420f0000000000" + "00f1536500000000" + "05000000" + "0000000000000000" + Checksum(bytes[..52])));
        Assert.That(PartialHeader.Read(bytes, out var read), Is.EqualTo(Errno.None));
        Assert.That(read, Is.EqualTo(PartialHeader.For(Lower)));
    }

    [Test]
    public void A_slot_is_as_it_is_written_down()
    {
        var bytes = new byte[PartialSlot.Size];
        new PartialSlot(7, 4096, Boot, Cut.Done, 100).Write(bytes);
        Assert.That(Convert.ToHexStringLower(bytes[4..]), Is.EqualTo(
            "02000000" + "0700000000000000" + "0010000000000000" + "00112233445566778899aabbccddeeff" + "6400000000000000" + "0000000000000000" + "0000000000000000"));
        Assert.That(Convert.ToHexStringLower(bytes[..4]), Is.EqualTo(Checksum(bytes[4..])));
        Assert.That(PartialSlot.TryRead(bytes, out var read), Is.True);
        Assert.That(read, Is.EqualTo(new PartialSlot(7, 4096, Boot, Cut.Done, 100)));
    }

    [Test]
    public void One_changed_bit_spoils_a_header_or_a_slot()
    {
        var header = new byte[PartialHeader.Size];
        var slot = new byte[PartialSlot.Size];
        PartialHeader.For(Lower).Write(header);
        new PartialSlot(7, 4096, Boot).Write(slot);
        for (var bit = 0; bit < header.Length * 8; bit++)
        {
            header[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(PartialHeader.Read(header, out _), Is.Not.EqualTo(Errno.None), $"bit {bit}");
            header[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (var bit = 0; bit < slot.Length * 8; bit++)
        {
            slot[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(PartialSlot.TryRead(slot, out _), Is.False, $"bit {bit}");
            slot[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [TestCase(0, 0, Errno.BADMSG)] // nothing ever came to the disk
    [TestCase(200, 0, Errno.BADMSG)]
    [TestCase(20_000, 0, Errno.BADMSG)]
    [TestCase(20_000, (int)'x', Errno.PROTONOSUPPORT)]
    public void A_map_that_is_none_says_why(int length, int filling, Errno expected)
    {
        using var scratch = new Scratch();
        File.WriteAllBytes($"{scratch.Path}/work/m", Enumerable.Repeat((byte)filling, length).ToArray());
        Assert.That(PartialMap.Open(scratch.Work, "m"u8, write: true, syncs: true, out _), Is.EqualTo(expected));
    }

    [Test]
    public void A_map_that_was_cut_off_is_broken()
    {
        using var scratch = new Scratch();
        var header = PartialHeader.For(new Fingerprint(1, 2, 300_000, new Timestamp(4, 5)));
        Assert.That(PartialMap.Create(scratch.Work, "m"u8, header, 290_000, Boot, syncs: true, syncsNow: false, out var made), Is.EqualTo(Errno.None));
        made!.Close();
        var whole = File.ReadAllBytes($"{scratch.Path}/work/m");
        for (var length = 0; length <= header.Layout.CommittedAt; length += 512)
        {
            File.WriteAllBytes($"{scratch.Path}/work/m", whole[..length]);
            Assert.That(PartialMap.Open(scratch.Work, "m"u8, write: true, syncs: true, out _), Is.EqualTo(Errno.BADMSG), $"{length} bytes");
        }
    }

    [TestCase(1ul, 12, 1, 4096)]
    [TestCase(4096ul, 12, 1, 4096)]
    [TestCase(4097ul, 12, 2, 4096)]
    [TestCase(1ul << 27, 12, 1 << 15, 4096)]
    [TestCase((1ul << 27) + 1, 12, (1 << 15) + 1, 8192)]
    [TestCase(1ul << 30, 12, 1 << 18, 32768)]
    [TestCase(1ul << 36, 12, 1 << 24, 1 << 21)]
    [TestCase((1ul << 36) + 1, 13, (1 << 23) + 1, (1 << 20) + 4096)]
    [TestCase(1ul << 40, 16, 1 << 24, 1 << 21)]
    public void Parts_are_where_the_size_puts_them(ulong size, int shift, int blocks, int bits)
    {
        var layout = PartialLayout.For(size);
        Assert.That((layout.BlockShift, layout.Blocks, layout.BitsLength, layout.CommittedAt, layout.Length), Is.EqualTo((shift, blocks, bits, 4096 + bits, 4096 + 2 * bits)));
    }

    [Test]
    public void A_mark_names_its_map_in_hexadecimal()
    {
        var bytes = Convert.FromHexString("00112233445566778899aabbccddeeff");
        Assert.That(PartialMark.TryRead(bytes, out var mark), Is.True);
        Assert.That(mark.Name(new byte[PartialMark.NameLength]).SequenceEqual("00112233445566778899aabbccddeeff"u8), Is.True);
        Assert.That((mark.IsYoung, mark.MayHaveLostMap(Boot), mark.Write(new byte[PartialMark.YoungLength]).SequenceEqual(bytes)), Is.EqualTo((false, false, true)));
        Assert.That(MarkNames.Partial(MarkFamily.Trusted).SequenceEqual("trusted.overlay.partial"u8) && MarkNames.Partial(MarkFamily.User).SequenceEqual("user.overlay.partial"u8), Is.True);
    }

    [Test]
    public void A_young_mark_is_as_it_is_written_down()
    {
        const string text = "0123456789abcdef0123456789abcdef" + "00112233445566778899aabbccddeeff" + "03000000" + "05000000" + "00f1536500000000" + "8877665544332211" +
            "40420f0000000000" + "d06c040000000000";
        Assert.That(PartialMark.TryRead(Convert.FromHexString(text), out var mark), Is.True);
        Assert.That(mark, Is.EqualTo(new PartialMark(UInt128.Parse("0123456789abcdef0123456789abcdef", System.Globalization.NumberStyles.HexNumber), Boot, Lower, 290_000)));
        Assert.That(Convert.ToHexStringLower(mark.Write(new byte[PartialMark.YoungLength])), Is.EqualTo(text));
        Assert.That((mark.IsYoung, mark.MayHaveLostMap(Boot), mark.MayHaveLostMap(new BootId(Guid.NewGuid()))), Is.EqualTo((true, false, true)));
        Assert.That(Convert.ToHexStringLower(mark.Grown.Write(new byte[PartialMark.YoungLength])), Is.EqualTo(text[..32]));
    }

    [TestCase(0)]
    [TestCase(15)]
    [TestCase(17)]
    [TestCase(71)]
    [TestCase(72)] // zeros: of a lower file without bytes nothing comes up in parts
    public void Other_marks_are_not_understood(int length) => Assert.That(PartialMark.TryRead(new byte[length], out _), Is.False);

    [Test]
    public void A_map_on_disk_is_header_slot_and_bits()
    {
        using var scratch = new Scratch();
        var header = PartialHeader.For(new Fingerprint(1, 2, 300_000, new Timestamp(4, 5)));
        Assert.That(PartialMap.Create(scratch.Work, "m"u8, header, 290_000, Boot, syncs: true, syncsNow: false, out var made), Is.EqualTo(Errno.None));
        Assert.That(made!.Present.Next(0, header.Layout.Blocks, isSet: true), Is.EqualTo(header.Layout.Blocks));
        made.Close();
        Assert.That(PartialMap.Open(scratch.Work, "m"u8, write: true, syncs: true, out var map), Is.EqualTo(Errno.None));
        Assert.That(map!.SetPresent(3, 9), Is.EqualTo(Errno.None));
        Assert.That(map.SetPresent(70, 71), Is.EqualTo(Errno.None));
        Assert.That(map.TakeUncommitted(out var words, out var sequence), Is.True);
        Assert.That(map.SetPresent(72, 73), Is.EqualTo(Errno.None));
        Assert.That(map.Commit(words, sequence), Is.EqualTo(Errno.None));
        map.Close();
        var bytes = File.ReadAllBytes($"{scratch.Path}/work/m");
        var expected = new byte[4096 + 2 * 4096];
        header.Write(expected);
        new PartialSlot(1, 290_000, Boot).Write(expected.AsSpan(512));
        (expected[4096], expected[4097], expected[4096 + 8], expected[4096 + 9]) = (0xf8, 1, 0x40, 1);
        (expected[8192], expected[8193], expected[8192 + 8]) = (0xf8, 1, 0x40);
        Assert.That(bytes.AsSpan().SequenceEqual(expected), Is.True);
    }

    private static string Checksum(byte[] bytes) => Convert.ToHexStringLower(BitConverter.GetBytes(Crc32C.Of(bytes)));
}
