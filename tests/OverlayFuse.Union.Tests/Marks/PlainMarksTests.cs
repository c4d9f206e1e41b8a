using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class PlainMarksTests
{
    [TestCase("y", OpaqueKind.Opaque)]
    [TestCase("x", OpaqueKind.HasXattrWhiteouts)]
    [TestCase("", OpaqueKind.None)]
    [TestCase("n", OpaqueKind.None)]
    [TestCase("\0", OpaqueKind.None)]
    [TestCase("yy", OpaqueKind.Broken)]
    [TestCase("y\0", OpaqueKind.Broken)]
    [TestCase("xyzzy", OpaqueKind.Broken)]
    public void An_opaque_mark_is_one_byte(string value, OpaqueKind kind) =>
        Assert.That(OpaqueMark.Parse(Encoding.Latin1.GetBytes(value)), Is.EqualTo(kind));

    [TestCase("", Errno.None, MetacopyKind.Plain)]
    [TestCase("00", Errno.IO, MetacopyKind.Plain)]
    [TestCase("0002", Errno.IO, MetacopyKind.Plain)]
    [TestCase("000300", Errno.IO, MetacopyKind.Plain)]
    [TestCase("00040000", Errno.None, MetacopyKind.Plain)]
    [TestCase("01040000", Errno.IO, MetacopyKind.Plain, Description = "an unknown version")]
    [TestCase("00050000", Errno.IO, MetacopyKind.Plain, Description = "a length that lies")]
    [TestCase("00080001aabbccdd", Errno.None, MetacopyKind.WithDigest)]
    [TestCase("00080000aabbccdd", Errno.None, MetacopyKind.Plain, Description = "a digest of no algorithm")]
    [TestCase("00040001", Errno.None, MetacopyKind.Plain, Description = "an algorithm without digest")]
    public void A_metacopy_mark_is_empty_or_has_a_header(string hex, Errno error, MetacopyKind kind)
    {
        Assert.That(MetacopyMark.Parse(Convert.FromHexString(hex), out var found), Is.EqualTo(error));
        Assert.That(found, Is.EqualTo(kind));
    }

    [Test]
    public void A_metacopy_mark_carries_a_sha512_digest_and_no_more()
    {
        var value = new byte[MetacopyMark.MaxLength];
        (value[1], value[3], value[4], value[^1]) = ((byte)value.Length, 2, 0xaa, 0xbb);
        Assert.That(MetacopyMark.Parse(value, out _, out var algorithm, out var digest), Is.EqualTo(Errno.None));
        Assert.That((algorithm, digest.Length, digest[0], digest[^1]), Is.EqualTo((2, 64, 0xaa, 0xbb)));

        byte[] longer = [.. value, 0];
        longer[1]++;
        Assert.That(MetacopyMark.Parse(longer, out _), Is.EqualTo(Errno.IO));
    }

    [TestCase("U+0", NlinkBase.Upper, 0)]
    [TestCase("U+3", NlinkBase.Upper, 3)]
    [TestCase("U-1", NlinkBase.Upper, -1)]
    [TestCase("L+2", NlinkBase.Lower, 2)]
    [TestCase("L-2147483648", NlinkBase.Lower, int.MinValue)]
    [TestCase("L+2147483647", NlinkBase.Lower, int.MaxValue)]
    public void An_nlink_mark_is_read_and_written(string text, NlinkBase from, int difference)
    {
        Assert.That(NlinkMark.TryParse(Encoding.ASCII.GetBytes(text), out var mark), Is.True);
        Assert.That(mark, Is.EqualTo(new NlinkMark(from, difference)));

        var buffer = new byte[NlinkMark.MaxLength];
        Assert.That(Encoding.ASCII.GetString(buffer, 0, mark.Format(buffer)), Is.EqualTo(text));
    }

    [TestCase("")]
    [TestCase("U")]
    [TestCase("U+")]
    [TestCase("U3")]
    [TestCase("X+1")]
    [TestCase("U+-1")]
    [TestCase("U+1x")]
    [TestCase("U+1\0")]
    [TestCase("U+99999999999")]
    [TestCase("U+2147483648")]
    [TestCase("u+1")]
    public void A_broken_nlink_mark_is_not_read(string text) =>
        Assert.That(NlinkMark.TryParse(Encoding.ASCII.GetBytes(text), out _), Is.False);

    [TestCase("U+1", 2u, 9u, 3u)]
    [TestCase("L-1", 9u, 2u, 1u)]
    [TestCase("U-2", 2u, 9u, 0u, Description = "none left: the caller falls back to the real count")]
    [TestCase("L-2147483648", 1u, 1u, 0u)]
    [TestCase("U+2147483647", uint.MaxValue, 1u, 0u)]
    public void The_union_count_is_the_real_one_and_the_difference(string text, uint upper, uint lower, uint count)
    {
        Assert.That(NlinkMark.TryParse(Encoding.ASCII.GetBytes(text), out var mark), Is.True);
        Assert.That(mark.TryResolve(upper, lower, out var resolved), Is.EqualTo(count > 0));
        Assert.That(resolved, Is.EqualTo(count));
    }

    [TestCase("a", true, 1)]
    [TestCase("i", true, 2)]
    [TestCase("ai", true, 3)]
    [TestCase("ia", true, 3)]
    [TestCase("", false, 0)]
    [TestCase("b", false, 0)]
    [TestCase("ab", false, 0)]
    public void A_protattr_mark_is_letters(string text, bool isRead, int attributes)
    {
        Assert.That(ProtattrMark.TryParse(Encoding.ASCII.GetBytes(text), out var found), Is.EqualTo(isRead));
        Assert.That((int)found, Is.EqualTo(attributes));
    }

    [Test]
    public void A_protattr_mark_is_written_as_it_is_read()
    {
        foreach (var attributes in new[] { ProtectedAttributes.AppendOnly, ProtectedAttributes.Immutable, ProtectedAttributes.AppendOnly | ProtectedAttributes.Immutable })
        {
            Assert.That(ProtattrMark.TryParse(ProtattrMark.Format(attributes), out var read), Is.True);
            Assert.That(read, Is.EqualTo(attributes));
        }
        Assert.That(ProtattrMark.Format(ProtectedAttributes.None).Length, Is.Zero);
    }
}
