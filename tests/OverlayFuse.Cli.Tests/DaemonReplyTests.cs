using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli.Tests;

public sealed class DaemonReplyTests
{
    [TestCase(true)]
    [TestCase(true, "a remark", "another, of \u00e9")]
    [TestCase(false, "a sentence\nof two lines")]
    public void A_reply_is_understood_before_the_pipe_ends(bool isLive, params string[] sentences)
    {
        Assert.That(Syscall.Pipe(out var read, out var write), Is.EqualTo(Errno.None));
        Assert.That(Syscall.WriteAll(write, new DaemonReply(isLive, sentences).Write()), Is.EqualTo(Errno.None));
        var reply = DaemonReply.Read(read)!;
        write.Close();
        read.Close();
        Assert.That(reply.IsLive, Is.EqualTo(isLive));
        Assert.That(reply.Sentences, Is.EqualTo(sentences));
    }

    [Test]
    public void A_sentence_may_come_before_the_reply()
    {
        Assert.That(Syscall.Pipe(out var read, out var write), Is.EqualTo(Errno.None));
        Syscall.WriteAll(write, new DaemonReply(false, ["waiting"], MoreFollows: true).Write());
        Syscall.WriteAll(write, new DaemonReply(true, []).Write());
        var (first, second) = (DaemonReply.Read(read)!, DaemonReply.Read(read)!);
        write.Close();
        read.Close();
        Assert.That((first.MoreFollows, first.Sentences[0], second.MoreFollows, second.IsLive), Is.EqualTo((true, "waiting", false, true)));
    }

    [Test]
    public void A_daemon_that_dies_has_said_nothing()
    {
        var whole = new DaemonReply(true, ["a remark"]).Write();
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.That(Syscall.Pipe(out var read, out var write), Is.EqualTo(Errno.None));
            Syscall.WriteAll(write, whole.AsSpan(0, length));
            write.Close();
            Assert.That(DaemonReply.Read(read), Is.Null);
            read.Close();
        }
    }
}
