using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>The memory in which requests of one ring come and answers go, and its commands. Makes of both the one piece that a <see cref="Dispatcher"/> knows.</summary>
/// <remarks>
/// The kernel writes the head of a request and its payload (names, data) into two places; the payload is the second page of a <see cref="RequestBuffer"/> and on. The head
/// is put just before it. An answer to a request without payload is made where the kernel looks for it; others are moved there.
/// </remarks>
internal sealed unsafe class RingEntry : IDisposable
{
    private const int PageSize = 4096;
    private const int LongestOperation = 128;

    private readonly RequestBuffer _buffer;
    private readonly RingHeader* _header;
    private readonly MemoryRange* _ranges;
    private readonly ushort _queue;
    private int _start; // of the request in the buffer

    public RingEntry(int queue, uint maxWrite)
    {
        _queue = (ushort)queue;
        _buffer = new RequestBuffer(maxWrite);
        _header = (RingHeader*)NativeMemory.AllocZeroed((nuint)(sizeof(RingHeader) + (2 * sizeof(MemoryRange))));
        _ranges = (MemoryRange*)(_header + 1);
        _ranges[0] = new MemoryRange { Address = (nint)_header, Length = sizeof(RingHeader) };

        // The kernel wants room for the largest write, in whole pages.
        _ranges[1] = new MemoryRange { Address = (nint)Unsafe.AsPointer(ref _buffer.Bytes[PageSize]), Length = _buffer.Incoming.Length - PageSize };
    }

    /// <summary>The head as the kernel writes and reads it.</summary>
    public ref RingHeader Header => ref *_header;

    /// <summary>The payload as the kernel writes and reads it.</summary>
    public Span<byte> Payload => new((void*)_ranges[1].Address, (int)_ranges[1].Length);

    private InHeader Request => MemoryMarshal.Read<InHeader>(new ReadOnlySpan<byte>(_header->InOut, Exchange.HeaderSize));

    /// <summary>Offers the memory to the kernel, which puts the first request into it.</summary>
    public void Register(CommandRing ring, Fd session) => Add(ring, session, RingCommand.Register, (nint)_ranges, 2, 0);

    /// <summary>Gives the answer of <see cref="Store"/>, and asks for the next request.</summary>
    public void CommitAndFetch(CommandRing ring, Fd session) => Add(ring, session, RingCommand.CommitAndFetch, 0, 0, _header->State.CommitId);

    /// <summary>The request that came, in one piece, and <paramref name="received"/> bytes of it; behind it is room for the answer.</summary>
    /// <returns>Empty where the lengths that the kernel tells contradict each other.</returns>
    public Span<byte> Load(out int received)
    {
        var header = Request;
        var payload = _header->State.PayloadSize;
        received = (int)Math.Min(header.Length, int.MaxValue);
        var operation = (long)header.Length - Exchange.HeaderSize - payload;
        if (operation is < 0 or > LongestOperation || payload > _ranges[1].Length) return default;

        _start = payload == 0 ? 0 : PageSize - Exchange.HeaderSize - (int)operation;
        var request = _buffer.Bytes[_start..];
        MemoryMarshal.Write(request, header);
        new ReadOnlySpan<byte>(_header->Operation, (int)operation).CopyTo(request[Exchange.HeaderSize..]);
        return request;
    }

    /// <summary>Puts an answer, as the dispatcher made it, where the kernel looks for it.</summary>
    public void Store(ReadOnlySpan<byte> answer)
    {
        var body = answer[Exchange.AnswerHeaderSize..];
        answer[..Exchange.AnswerHeaderSize].CopyTo(new Span<byte>(_header->InOut, Exchange.AnswerHeaderSize));
        body.CopyTo(Payload); // nothing is done where it is there already
        _header->State.PayloadSize = (uint)body.Length;
    }

    /// <summary>An answer that is an error and nothing else.</summary>
    public void StoreError(Errno error)
    {
        MemoryMarshal.Write(new Span<byte>(_header->InOut, Exchange.AnswerHeaderSize), new OutHeader { Length = Exchange.AnswerHeaderSize, Error = -(int)error, Unique = Request.Unique });
        _header->State.PayloadSize = 0;
    }

    public void Dispose()
    {
        NativeMemory.Free(_header);
        _buffer.Dispose();
    }

    private void Add(CommandRing ring, Fd session, RingCommand command, nint address, uint length, ulong commitId)
    {
        var argument = new RingCommandIn { CommitId = commitId, Queue = _queue };
        ring.Add(session, (uint)command, address, length, MemoryMarshal.AsBytes(new ReadOnlySpan<RingCommandIn>(in argument)));
    }
}
