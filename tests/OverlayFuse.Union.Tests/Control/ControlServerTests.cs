using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Asking a union by ioctl: who may, what is refused, and answers longer than a message.</summary>
internal class ControlServerTests
{
    private static uint Self => Syscall.GetEUid();

    [Test]
    public void A_long_answer_comes_in_pieces_and_whole()
    {
        using var union = new TestUnion(1);
        for (var i = 0; i < 3000; i++) System.IO.File.WriteAllText($"{union.Upper}/file-with-a-long-name-{i:d5}", "");
        union.Open();
        Assert.That(Ask(union.Union, ControlKind.Changes, [], out var answer), Is.EqualTo(Errno.None));
        Assert.That(answer.Length, Is.GreaterThan(4 * ControlMessage.MaxPiece));
        var changes = ChangeText.Read(answer)!;
        Assert.That(changes.Select(change => Encoding.UTF8.GetString(change.Path)), Is.EqualTo(Enumerable.Range(0, 3000).Select(i => $"/file-with-a-long-name-{i:d5}")));
    }

    [Test]
    public void Only_the_owner_and_root_are_answered()
    {
        using var union = new TestUnion(1).Open();
        Assert.That(Ask(union.Union, ControlKind.Explain, "/"u8.ToArray(), out _, Self + 1), Is.EqualTo(Errno.PERM));
        Assert.That(Ask(union.Union, ControlKind.Explain, "/"u8.ToArray(), out _, 0), Is.EqualTo(Errno.None));
        Assert.That(Ask(union.Union, ControlKind.Explain, "/"u8.ToArray(), out _, Self), Is.EqualTo(Errno.None));
    }

    [Test]
    public void A_caller_without_a_user_is_known_by_its_process()
    {
        using var union = new TestUnion(1).Open();
        Assert.That(Ask(union.Union, ControlKind.Explain, "/"u8.ToArray(), out _, Request.UnmappedId, (uint)Environment.ProcessId), Is.EqualTo(Errno.None));
        Assert.That(Ask(union.Union, ControlKind.Explain, "/"u8.ToArray(), out _, Request.UnmappedId, pid: 0), Is.EqualTo(Errno.PERM), "a process we cannot see");
    }

    [Test]
    public void What_is_no_question_is_refused()
    {
        using var union = new TestUnion(1).With("lower1", "d/").Open();
        var request = new Request { Uid = Self };
        var message = new byte[ControlMessage.AskSize];
        var output = new byte[ControlMessage.FetchSize];
        Errno Send(uint command, ReadOnlySpan<byte> input, int room = ControlMessage.FetchSize, NodeId? node = null) =>
            union.Union.Ioctl(request, node ?? NodeId.Root, 0, command, IoctlFlags.Directory, input, output.AsSpan(0, room), out _);

        Assert.That(Send(ControlMessage.Ask, message), Is.EqualTo(Errno.INVAL), "no magic");
        ControlMessage.WriteQuestion(message, ControlKind.Explain, "/"u8);
        Assert.That(Send(ControlMessage.Ask, message), Is.EqualTo(Errno.None));
        Assert.That(Send(ControlMessage.Ask, message.AsSpan(1)), Is.EqualTo(Errno.INVAL), "cut short");
        Assert.That(Send(ControlMessage.Ask, message, room: 8), Is.EqualTo(Errno.INVAL), "no room for the answer");
        message[12] = message[13] = 0xff;
        Assert.That(Send(ControlMessage.Ask, message), Is.EqualTo(Errno.INVAL), "an argument longer than the message");
        ControlMessage.WriteQuestion(message, (ControlKind)99, []);
        Assert.That(Send(ControlMessage.Ask, message), Is.EqualTo(Errno.NOTSUP), "a kind of a later version");
        Assert.That(Send(0xC0104F53, message), Is.EqualTo(Errno.NOTTY), "another command");

        Assert.That(union.Kernel.Find("d", out var entry), Is.EqualTo(Errno.None));
        ControlMessage.WriteQuestion(message, ControlKind.Explain, "/"u8);
        Assert.That(Send(ControlMessage.Ask, message, node: entry.Node), Is.EqualTo(Errno.NOTTY), "another directory than the root");

        var fetch = new byte[ControlMessage.FetchSize];
        ControlMessage.WriteFetch(fetch, 12345, 0);
        Assert.That(Send(ControlMessage.Fetch, fetch), Is.EqualTo(Errno.STALE), "a ticket that was never given");
    }

    [Test]
    public void Each_caller_has_a_few_answers_waiting_and_the_oldest_gives_way()
    {
        var shelf = new AnswerShelf();
        var mine = Enumerable.Range(0, AnswerShelf.PerCaller).Select(i => shelf.Add(1, [(byte)i])).ToArray();
        var other = shelf.Add(2, [9]);
        Assert.That(shelf.Get(mine[0], 1), Is.EqualTo(new byte[] { 0 })); // used again, so the second is the oldest now
        shelf.Add(1, [7]);
        Assert.That(shelf.Get(mine[1], 1), Is.Null);
        Assert.That(shelf.Get(mine[0], 1), Is.Not.Null);
        Assert.That(shelf.Get(other, 1), Is.Null, "another caller's");
        Assert.That(shelf.Get(other, 2), Is.Not.Null);
        Assert.That(shelf.Count, Is.EqualTo(AnswerShelf.PerCaller + 1));
    }

    [Test]
    public void An_answer_that_was_fetched_is_gone()
    {
        using var union = new TestUnion(1).Open();
        Assert.That(Ask(union.Union, ControlKind.Explain, "/"u8.ToArray(), out _), Is.EqualTo(Errno.None));
        var fetch = new byte[ControlMessage.FetchSize];
        ControlMessage.WriteFetch(fetch, 1, 0);
        Assert.That(union.Union.Ioctl(new Request { Uid = Self }, NodeId.Root, 0, ControlMessage.Fetch, IoctlFlags.Directory, fetch, fetch.ToArray(), out _), Is.EqualTo(Errno.STALE));
    }

    [Test]
    public void Without_an_upper_there_are_no_changes()
    {
        using var union = new TestUnion(2).Open(readOnly: true);
        Assert.That(Ask(union.Union, ControlKind.Changes, [], out _), Is.EqualTo(Errno.ROFS));
    }

    /// <summary>As <see cref="ControlClient"/>, without a mount between.</summary>
    internal static Errno Ask(UnionFileSystem union, ControlKind kind, byte[] argument, out byte[] answer, uint? uid = null, uint pid = 0)
    {
        answer = [];
        var request = new Request { Uid = uid ?? Self, Pid = pid };
        var message = new byte[ControlMessage.AskSize];
        ControlMessage.WriteQuestion(message, kind, argument);
        var error = union.Ioctl(request, NodeId.Root, 0, ControlMessage.Ask, IoctlFlags.Directory, message.ToArray(), message, out _);
        if (error != Errno.None) return error;
        var (ticket, length) = ControlMessage.ReadTicket(message);
        var whole = new List<byte>();
        while (whole.Count < length)
        {
            var fetch = new byte[ControlMessage.FetchSize];
            ControlMessage.WriteFetch(fetch, ticket, whole.Count);
            var piece = new byte[ControlMessage.FetchSize];
            Assert.That(union.Ioctl(request, NodeId.Root, 0, ControlMessage.Fetch, IoctlFlags.Directory, fetch, piece, out var written), Is.EqualTo(Errno.None));
            Assert.That(written, Is.InRange(17, ControlMessage.FetchSize));
            whole.AddRange(ControlMessage.ReadPiece(piece));
        }
        answer = [.. whole];
        return Errno.None;
    }
}
