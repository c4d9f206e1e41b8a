namespace OverlayFuse.Image;

/// <summary>
/// What may come out of an archive that others have made: a few kilobytes can be made to fill any disk. One for all that comes of it, since
/// an archive may hold packed ones, and one layer many times.
/// </summary>
public sealed class UnpackLimit
{
    private const long Always = 4L << 30;
    private const long Ratio = 200;
    private const long NamesAlways = 1 << 17;
    private const long BytesOfName = 32; // well below what a real file comes to, packed

    private readonly string _what;
    private readonly long _packed;
    private readonly long _maxBytes;
    private readonly long _maxNames;
    private long _bytes;
    private long _names;

    /// <param name="what">What sentences call it.</param>
    /// <param name="packed">How many bytes it has.</param>
    public UnpackLimit(string what, long packed)
        : this(what, packed, Always, NamesAlways)
    {
    }

    internal UnpackLimit(string what, long packed, long always, long namesAlways)
    {
        (_what, _packed) = (what, packed);
        _maxBytes = Math.Max(always, packed > long.MaxValue / Ratio ? long.MaxValue : packed * Ratio);
        _maxNames = Math.Max(namesAlways, packed / BytesOfName);
    }

    /// <summary>That of a file, for as long as it is there.</summary>
    public static UnpackLimit Of(string path, string? what = null) => new(what ?? path, File.Exists(path) ? new FileInfo(path).Length : 0);

    /// <summary>So many bytes have come.</summary>
    /// <exception cref="RefusedException">They are too many.</exception>
    public void Count(long bytes)
    {
        Expect(bytes);
        _bytes += bytes;
    }

    /// <summary>So many bytes are announced: what is too large is refused before any of it is written.</summary>
    public void Expect(long bytes)
    {
        if (bytes > _maxBytes - _bytes) throw Refusal($"{_maxBytes} bytes");
    }

    /// <summary>A file, directory or link, however small, takes room of its own.</summary>
    public void CountName()
    {
        if (++_names > _maxNames) throw Refusal($"{_maxNames} files");
    }

    private RefusedException Refusal(string limit) => new($"{_what} has {_packed} bytes and unpacks to more than {limit}: it is made to fill the disk. Unpack it yourself if you trust it.");
}
