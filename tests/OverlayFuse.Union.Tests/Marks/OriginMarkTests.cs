using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class OriginMarkTests
{
    private const string Golden = "00fb1d00010102030405060708090a0b0c0d0e0f10" + "dec0adde01000000";

    [Test]
    public void A_mark_is_written_and_read_in_the_kernels_form()
    {
        byte[] uuid = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        byte[] handle = [0xde, 0xc0, 0xad, 0xde, 1, 0, 0, 0];
        var buffer = new byte[OriginMark.MaxLength];
        var length = OriginMark.Format(buffer, uuid, 1, handle);
        Assert.That(Convert.ToHexStringLower(buffer.AsSpan(0, length)), Is.EqualTo(Golden));

        Assert.That(OriginMark.Parse(buffer.AsSpan(0, length), out var origin), Is.EqualTo(OriginKind.Valid));
        Assert.That(origin.HandleType, Is.EqualTo(1));
        Assert.That(origin.Uuid.ToArray(), Is.EqualTo(uuid));
        Assert.That(origin.Handle.ToArray(), Is.EqualTo(handle));
    }

    [TestCase("", OriginKind.Unknown, Description = "copied up, origin unknown")]
    [TestCase("00", OriginKind.Unknown)]
    [TestCase("01", OriginKind.Broken, Description = "a version to come")]
    [TestCase("00fa", OriginKind.Broken, Description = "another magic")]
    [TestCase("00fb1500", OriginKind.Unknown, Description = "cut short")]
    [TestCase("00fb1d000101020304", OriginKind.Unknown)]
    [TestCase("00fb1500010102030405060708090a0b0c0d0e0f10", OriginKind.Valid, Description = "an empty handle")]
    [TestCase("00fb1600010102030405060708090a0b0c0d0e0f10", OriginKind.Unknown, Description = "longer than what is there")]
    [TestCase("00fb1400010102030405060708090a0b0c0d0e0f10", OriginKind.Unknown, Description = "shorter than its own header")]
    [TestCase("00fb1501010102030405060708090a0b0c0d0e0f10", OriginKind.Unknown, Description = "of a big endian machine")]
    [TestCase("00fb1503010102030405060708090a0b0c0d0e0f10", OriginKind.Valid, Description = "of any machine")]
    [TestCase("00fb1504010102030405060708090a0b0c0d0e0f10", OriginKind.Valid, Description = "of an object in the upper")]
    [TestCase("00fb1508010102030405060708090a0b0c0d0e0f10", OriginKind.Unknown, Description = "an unknown flag")]
    public void Damage_is_told_from_what_cannot_be_known(string hex, OriginKind kind) =>
        Assert.That(OriginMark.Parse(Convert.FromHexString(hex), out _), Is.EqualTo(kind));

    [Test]
    public void Bytes_behind_the_stated_length_are_no_part_of_the_handle()
    {
        Assert.That(OriginMark.Parse(Convert.FromHexString(Golden + "ff"), out var origin), Is.EqualTo(OriginKind.Valid));
        Assert.That(origin.Handle.Length, Is.EqualTo(8));
    }

    [Test]
    public void A_handle_that_is_too_long_gives_no_mark()
    {
        var buffer = new byte[400];
        Assert.That(OriginMark.Format(buffer, new byte[16], 1, new byte[128]), Is.EqualTo(OriginMark.MaxLength));
        Assert.That(OriginMark.Format(buffer, new byte[16], 1, new byte[129]), Is.Zero);
        Assert.That(OriginMark.Format(new byte[24], new byte[16], 1, new byte[8]), Is.Zero);
    }
}
