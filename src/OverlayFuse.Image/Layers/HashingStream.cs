using System.Security.Cryptography;

namespace OverlayFuse.Image;

/// <summary>Passes a stream on and takes its SHA-256 on the way, in either direction.</summary>
internal sealed class HashingStream(Stream inner) : OneWayStream
{
    private const int LongestRest = 64 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override bool CanWrite => inner.CanWrite;

    /// <summary>How many bytes have passed.</summary>
    public long Count { get; private set; }

    /// <summary>The digest of all that passed.</summary>
    public Digest Finish() => Digest.Of(_hash);

    /// <summary>Reads what is left: archives may be padded behind their end.</summary>
    /// <exception cref="InvalidDataException">It is more than a record of any tape.</exception>
    public void ReadRest()
    {
        Span<byte> waste = stackalloc byte[4096];
        var most = Count + LongestRest;
        while (Read(waste) > 0)
        {
            if (Count > most) throw new InvalidDataException($"it goes on for more than {LongestRest} bytes after its end");
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        Passed(buffer[..count]);
        return count;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        Passed(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _hash.Dispose();
        base.Dispose(disposing);
    }

    private void Passed(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Count += bytes.Length;
    }
}
