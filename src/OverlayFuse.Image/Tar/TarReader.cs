namespace OverlayFuse.Image;

/// <summary>Reads an archive from front to back: ustar, with the headers of pax and of GNU for long names.</summary>
/// <remarks>
/// System.Formats.Tar gives names as strings, which loses those that are not UTF-8, and the values of pax records likewise, which loses
/// binary attributes. An image may hold both.
/// </remarks>
/// <param name="archive">Unpacked.</param>
/// <param name="limit">Of one that others have made.</param>
public sealed class TarReader(Stream archive, UnpackLimit? limit = null)
{
    /// <summary>Headers that only describe the next entry may be so large; a real one has a few kilobytes.</summary>
    internal const int LongestDescription = 1 << 20;

    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private readonly PaxRecords _global = new();
    private long _rest;
    private long _padding;

    /// <summary>Goes to the next entry; what was not read of the last one is skipped. Null at the end.</summary>
    /// <exception cref="InvalidDataException">The archive is broken; the message says how.</exception>
    public TarEntry? Next()
    {
        var local = new PaxRecords();
        byte[]? longName = null, longTarget = null;
        while (true)
        {
            SkipContent();
            if (!ReadHeader()) return null;
            var size = TarHeader.Size(_block);
            switch (TarHeader.Flag(_block))
            {
                case (byte)'x': local.Read(Description(size)); continue;
                case (byte)'g': _global.Read(Description(size)); continue;
                case (byte)'L': longName = TarHeader.UpToNul(Description(size)).ToArray(); continue;
                case (byte)'K': longTarget = TarHeader.UpToNul(Description(size)).ToArray(); continue;
            }

            var entry = TarHeader.Parse(_block);
            if (longName is not null) entry.Name = longName;
            if (longTarget is not null) entry.Target = longTarget;
            _global.ApplyTo(entry);
            local.ApplyTo(entry);
            if (entry is { Kind: TarKind.File, Name: [.., (byte)'/'] }) entry.Kind = TarKind.Directory; // before ustar, a slash made one; the header alone may have it where the name was cut
            if (entry.Kind != TarKind.File) entry.Size = 0; // some writers give links the size of their target
            CountName();
            Expect(entry.Size);
            return entry;
        }
    }

    /// <summary>Something is made for the present entry that has none itself.</summary>
    /// <exception cref="RefusedException">It is too much.</exception>
    internal void CountName() => limit?.CountName();

    /// <summary>The bytes of the present entry; 0 at their end.</summary>
    public int Read(Span<byte> buffer)
    {
        if (_rest == 0) return 0;
        var count = archive.Read(buffer[..(int)Math.Min(buffer.Length, _rest)]);
        if (count == 0) throw new InvalidDataException("it ends in the middle of a file");
        limit?.Count(count);
        _rest -= count;
        return count;
    }

    /// <summary>Everything of the present entry, which may have <paramref name="limit"/> bytes.</summary>
    public byte[] ReadAll(int limit)
    {
        if (_rest > limit) throw new InvalidDataException($"a file has {_rest} bytes, but at most {limit} are expected");
        var content = new byte[_rest];
        for (var length = 0; length < content.Length;) length += Read(content.AsSpan(length));
        return content;
    }

    private void Expect(long size)
    {
        limit?.Expect(size);
        _rest = size;
        _padding = -size & (TarHeader.BlockSize - 1);
    }

    private byte[] Description(long size)
    {
        if (size > LongestDescription) throw new InvalidDataException($"a header of {size} bytes is too long; {LongestDescription} are allowed");
        Expect(size);
        return ReadAll(LongestDescription);
    }

    private void SkipContent()
    {
        Span<byte> waste = stackalloc byte[4096];
        while (_rest > 0) Read(waste);
        while (_padding > 0)
        {
            var count = archive.Read(waste[..(int)_padding]);
            if (count == 0) throw new InvalidDataException("it ends in the middle of a file");
            limit?.Count(count);
            _padding -= count;
        }
    }

    // Two blocks of zeros end an archive; one, and the end of the stream itself, are taken for it as GNU tar does.
    private bool ReadHeader()
    {
        var length = archive.ReadAtLeast(_block, TarHeader.BlockSize, throwOnEndOfStream: false);
        if (length == 0 || !_block.AsSpan(0, length).ContainsAnyExcept((byte)0)) return false;
        if (length < TarHeader.BlockSize) throw new InvalidDataException("it ends in the middle of a header");
        limit?.Count(length);
        if (!TarHeader.HasRightChecksum(_block)) throw new InvalidDataException("the checksum of a header is wrong; is it a tar archive?");
        return true;
    }
}
