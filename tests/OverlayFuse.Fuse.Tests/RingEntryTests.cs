using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;

namespace OverlayFuse.Fuse.Tests;

/// <summary>The two pieces in which a ring has a request, made one, and an answer put where the kernel looks for it.</summary>
public sealed class RingEntryTests
{
    private const int MaxWrite = 256 * 1024;
    private RingEntry _entry = null!;

    [SetUp]
    public void Make() => _entry = new RingEntry(0, MaxWrite);

    [TearDown]
    public void Dispose() => _entry.Dispose();

    [TestCase(0, 5, Description = "names only: LOOKUP")]
    [TestCase(16, 0, Description = "a struct only: GETATTR")]
    [TestCase(40, 1, Description = "both")]
    [TestCase(40, MaxWrite, Description = "the largest WRITE")]
    [TestCase(128, 4096)]
    [TestCase(0, 0, Description = "READLINK")]
    public unsafe void A_request_comes_in_one_piece(int operation, int payload)
    {
        Offer(operation, payload);
        var request = _entry.Load(out var received);
        Assert.That(received, Is.EqualTo(Exchange.HeaderSize + operation + payload));
        Assert.That(MemoryMarshal.Read<InHeader>(request).Unique, Is.EqualTo(77));
        Assert.That(request.Slice(Exchange.HeaderSize, operation).ToArray(), Is.All.EqualTo(1));
        Assert.That(request.Slice(Exchange.HeaderSize + operation, payload).ToArray(), Is.All.EqualTo(2));

        // There is room for the answer to each, and it does not touch the request.
        Assert.That(new Exchange(request, received).Body.Length, Is.GreaterThanOrEqualTo(144));
        new Exchange(request, received).Body[..144].Fill(3);
        Assert.That(request.Slice(Exchange.HeaderSize + operation, payload).ToArray(), Is.All.EqualTo(2));
    }

    [TestCase(16, 0, 100_000, Description = "made in place: READ")]
    [TestCase(8, 12, 65_536, Description = "moved: GETXATTR")]
    [TestCase(40, MaxWrite, 8, Description = "moved over data that was read: WRITE")]
    public unsafe void An_answer_is_where_the_kernel_looks(int operation, int payload, int length)
    {
        Offer(operation, payload);
        var exchange = new Exchange(_entry.Load(out var received), received) { Length = length };
        exchange.Body[..length].Fill(9);
        _entry.Store(exchange.Seal(OverlayFuse.Linux.Errno.None));
        fixed (byte* head = _entry.Header.InOut)
        {
            var header = *(OutHeader*)head;
            Assert.That((header.Length, header.Error, header.Unique), Is.EqualTo(((uint)(Exchange.AnswerHeaderSize + length), 0, 77ul)));
        }
        Assert.That(_entry.Header.State.PayloadSize, Is.EqualTo(length));
        Assert.That(_entry.Payload[..length].ToArray(), Is.All.EqualTo(9));
    }

    [Test]
    public unsafe void An_error_is_a_header_alone()
    {
        Offer(0, 5);
        _entry.StoreError(OverlayFuse.Linux.Errno.IO);
        fixed (byte* head = _entry.Header.InOut)
        {
            var header = *(OutHeader*)head;
            Assert.That((header.Length, header.Error, header.Unique), Is.EqualTo((16u, -5, 77ul)));
        }
        Assert.That(_entry.Header.State.PayloadSize, Is.Zero);
    }

    [TestCase(40u, 5u, Description = "shorter than its payload")]
    [TestCase(300u, 5u, Description = "a struct that is longer than there is room for")]
    [TestCase(400_000u, 400_000u - 40, Description = "a payload that is longer than there is room for")]
    [TestCase(uint.MaxValue, 0u)]
    public void Lengths_that_contradict_each_other_are_no_request(uint length, uint payload)
    {
        Offer(0, 0);
        SetHeader(length, payload);
        Assert.That(_entry.Load(out _).IsEmpty);
    }

    private unsafe void Offer(int operation, int payload)
    {
        SetHeader((uint)(Exchange.HeaderSize + operation + payload), (uint)payload);
        fixed (byte* place = _entry.Header.Operation) new Span<byte>(place, operation).Fill(1);
        _entry.Payload[..payload].Fill(2);
    }

    private unsafe void SetHeader(uint length, uint payload)
    {
        fixed (byte* head = _entry.Header.InOut) *(InHeader*)head = new InHeader { Length = length, Opcode = Opcode.Write, Unique = 77 };
        _entry.Header.State.PayloadSize = payload;
    }
}
