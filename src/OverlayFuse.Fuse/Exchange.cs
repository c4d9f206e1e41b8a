using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>One request and its answer, in one buffer: the request at the start, the answer's body on the next page, its header just before.</summary>
internal ref struct Exchange
{
    public const int HeaderSize = 40;
    public const int AnswerHeaderSize = 16;

    private const int PageSize = 4096;

    private readonly Span<byte> _answer;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Takes apart what was received: <paramref name="received"/> bytes, at least a header.</summary>
    public Exchange(Span<byte> buffer, int received)
    {
        Header = MemoryMarshal.Read<InHeader>(buffer);
        _rest = buffer[HeaderSize..received];
        var group = Request.UnmappedId;
        IsWhole = Header.Length == received;
        if (Header.ExtensionLength != 0) IsWhole &= TakeExtensions(out group);
        Request = new Request { Unique = Header.Unique, Uid = Header.Uid, Gid = Header.Gid, Pid = Header.Pid, SupplementaryGroup = group };
        _answer = buffer[AnswerStart(received)..];
    }

    public readonly InHeader Header;

    public readonly Request Request;

    /// <summary>False where the lengths that the request gives contradict each other.</summary>
    public bool IsWhole { get; }

    /// <summary>How long the body of the answer is.</summary>
    public int Length;

    /// <summary>The kernel does not wait for an answer.</summary>
    public bool IsSilent;

    public readonly NodeId Node => Header.Node;

    /// <summary>Where the body of the answer goes.</summary>
    public readonly Span<byte> Body => _answer[AnswerHeaderSize..];

    /// <summary>What follows the parts taken so far.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Where the answer's header stands, so that the body starts on a page: data is copied in whole pages.</summary>
    public static int AnswerStart(int received) =>
        ((received + AnswerHeaderSize + PageSize - 1) & ~(PageSize - 1)) - AnswerHeaderSize;

    public bool TryTake<T>(out T value) where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(_rest, out value)) return false;

        _rest = _rest[Unsafe.SizeOf<T>()..];
        return true;
    }

    /// <summary>A name closed by NUL; empty ones are refused.</summary>
    public bool TryTakeName(out ReadOnlySpan<byte> name)
    {
        var end = _rest.IndexOf((byte)0);
        if (end <= 0)
        {
            name = default;
            return false;
        }
        name = _rest[..end];
        _rest = _rest[(end + 1)..];
        return true;
    }

    public bool TryTakeBytes(uint count, out ReadOnlySpan<byte> bytes)
    {
        if (count > (uint)_rest.Length)
        {
            bytes = default;
            return false;
        }
        bytes = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return true;
    }

    /// <summary>At most <paramref name="asked"/> bytes of the body, for a caller that fills them.</summary>
    public readonly Span<byte> Space(uint asked)
    {
        var body = Body;
        return asked < (uint)body.Length ? body[..(int)asked] : body;
    }

    /// <summary>The answer is one struct.</summary>
    public Errno Answer<T>(in T value) where T : unmanaged
    {
        MemoryMarshal.Write(Body, value);
        Length = Unsafe.SizeOf<T>();
        return Errno.None;
    }

    /// <summary>Writes the header; the whole answer as it is sent.</summary>
    public readonly ReadOnlySpan<byte> Seal(Errno error)
    {
        var failed = error != Errno.None;
        var length = AnswerHeaderSize + (failed ? 0 : Length);

        // The kernel takes numbers up to 511 as errors and refuses the answer otherwise.
        var number = failed ? -(int)((uint)error < 512 ? error : Errno.IO) : 0;
        MemoryMarshal.Write(_answer, new OutHeader { Length = (uint)length, Error = number, Unique = Header.Unique });
        return _answer[..length];
    }

    private bool TakeExtensions(out uint group)
    {
        group = Request.UnmappedId;
        var size = Header.ExtensionLength * 8;
        if (size > _rest.Length) return false;

        var extensions = _rest[^size..];
        _rest = _rest[..^size];
        while (MemoryMarshal.TryRead(extensions, out ExtensionHeader head) && head.Size >= 8 && head.Size <= extensions.Length)
        {
            // struct fuse_supp_groups: count, then the ids; the kernel sends at most the one of the parent directory
            var content = extensions[8..(int)head.Size];
            if (head.Type == ExtensionHeader.Groups && content.Length >= 8 && MemoryMarshal.Read<uint>(content) > 0)
                group = MemoryMarshal.Read<uint>(content[4..]);
            extensions = extensions[Math.Min(extensions.Length, ((int)head.Size + 7) & ~7)..];
        }
        return true;
    }
}
