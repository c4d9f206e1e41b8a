using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>The bytes of the protocol: old commands ask new daemons and the reverse.</summary>
internal class ControlMessageTests
{
    [Test]
    public void The_commands_are_what_they_were()
    {
        Assert.That(ControlMessage.Ask, Is.EqualTo(0xD0104F51));
        Assert.That(ControlMessage.Fetch, Is.EqualTo(0xFFFC4F52));
        Assert.That(ControlMessage.AskSize, Is.EqualTo(4112));
        Assert.That(ControlMessage.FetchSize, Is.LessThan(1 << 14), "what an ioctl number has room for");
    }

    [Test]
    public void A_question_is_what_it_was()
    {
        var message = new byte[ControlMessage.AskSize];
        ControlMessage.WriteQuestion(message, ControlKind.Changes, "/a"u8);
        Assert.That(Convert.ToHexString(message.AsSpan(0, 20)), Is.EqualTo("6F667573652D6331" + "02000000" + "02000000" + "2F610000"));
        Assert.That(message.AsSpan(20).IndexOfAnyExcept((byte)0), Is.Negative);
        Assert.That(ControlMessage.ReadQuestion(message, out var kind, out var argument), Is.EqualTo(Errno.None));
        Assert.That(kind, Is.EqualTo(ControlKind.Changes));
        Assert.That(argument.ToArray(), Is.EqualTo("/a"u8.ToArray()));
    }

    [Test]
    public void A_ticket_and_a_piece_are_what_they_were()
    {
        var message = new byte[ControlMessage.FetchSize];
        Assert.That(ControlMessage.WriteTicket(message, 0x1122, 5), Is.EqualTo(16));
        Assert.That(Convert.ToHexString(message.AsSpan(0, 16)), Is.EqualTo("2211000000000000" + "0500000000000000"));
        ControlMessage.WriteFetch(message, 0x1122, 3);
        Assert.That(Convert.ToHexString(message.AsSpan(0, 16)), Is.EqualTo("2211000000000000" + "0300000000000000"));
        Assert.That(ControlMessage.WritePiece(message, 0x1122, "ab"u8), Is.EqualTo(18));
        Assert.That(Convert.ToHexString(message.AsSpan(0, 18)), Is.EqualTo("2211000000000000" + "0200000000000000" + "6162"));
        Assert.That(ControlMessage.ReadPiece(message).ToArray(), Is.EqualTo("ab"u8.ToArray()));
    }

    [Test]
    public void A_piece_longer_than_a_message_is_none()
    {
        var message = new byte[ControlMessage.FetchSize];
        ControlMessage.WriteTicket(message, 1, ControlMessage.MaxPiece + 1);
        Assert.That(ControlMessage.ReadPiece(message).IsEmpty);
    }

    [TestCase("")]
    [TestCase("a=1\0", "a=1")]
    [TestCase("a=\0b=x=y\0", "a=", "b=x=y")]
    public void Fields_are_read(string text, params string[] expected) =>
        Assert.That(Field.ReadAll(System.Text.Encoding.UTF8.GetBytes(text))!.Select(field => $"{field.Key}={System.Text.Encoding.UTF8.GetString(field.Value)}"), Is.EqualTo(expected));

    [TestCase("a=1")]
    [TestCase("a\0")]
    [TestCase("a=1\0b")]
    public void What_is_cut_short_is_no_text_of_fields(string text) => Assert.That(Field.ReadAll(System.Text.Encoding.UTF8.GetBytes(text)), Is.Null);
}
