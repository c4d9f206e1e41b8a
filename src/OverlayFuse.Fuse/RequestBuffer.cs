using System.Runtime.InteropServices;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>The memory of one thread: room for the largest request and, behind it, for the largest answer to a small one.</summary>
/// <remarks>Outside the managed heap, so it never moves; the system backs only the pages that were touched.</remarks>
internal sealed unsafe class RequestBuffer : IDisposable
{
    private const int PageSize = 4096;
    private const uint SmallestData = 128 * 1024; // the largest extended attribute, twice

    private byte* _memory;

    public RequestBuffer(uint maxWrite)
    {
        // A page for the request's head, the data, two pages for the answer to a request that fills both.
        var unit = (uint)Math.Max(PageSize, Environment.SystemPageSize); // the kernel counts data in whole pages of its own
        Size = checked((int)((Math.Max(maxWrite, SmallestData) + unit - 1) & ~(unit - 1)) + (3 * PageSize));
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Size, PageSize);
    }

    public int Size { get; }

    public Span<byte> Bytes => new(_memory, Size);

    /// <summary>What may be received: all but the room for an answer of one struct.</summary>
    public Span<byte> Incoming => new(_memory, Size - (2 * PageSize));

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
