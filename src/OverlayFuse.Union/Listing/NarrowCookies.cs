namespace OverlayFuse.Union;

/// <summary>
/// Cookies of 31 bits for the names of one directory: programs of 32 bits have no room for more (EOVERFLOW from readdir(3)). Of many thousand names some
/// have the same one, and one of them gets the next that is free. It keeps that while the directory is known: were it to take the place of one that is
/// removed, a reader that stands between the two and has the listing read again would miss it.
/// </summary>
internal sealed class NarrowCookies
{
    private const int RoomBehindLast = 1 << 16; // for those that have to give way

    private readonly Lock _lock = new(); // leaf; protects _moved
    private readonly Dictionary<ulong, ulong> _moved = []; // by the hash of the name

    /// <summary>In the order of the hashes.</summary>
    public static ulong Of(ulong hash, ulong first) => first + Math.BigMul(hash, (ulong)(int.MaxValue - RoomBehindLast) - first, out _);

    /// <summary>The cookies of names by their hashes, no two the same; not always in order.</summary>
    public void Give(ReadOnlySpan<ulong> hashes, ulong first, Span<ulong> cookies)
    {
        lock (_lock)
        {
            var taken = new HashSet<ulong>(_moved.Values);
            for (var i = 0; i < hashes.Length; i++)
            {
                if (_moved.TryGetValue(hashes[i], out cookies[i])) continue;
                cookies[i] = Of(hashes[i], first);
                if (taken.Add(cookies[i])) continue;
                while (!taken.Add(++cookies[i])) { }
                _moved.Add(hashes[i], cookies[i]);
            }
        }
    }
}
