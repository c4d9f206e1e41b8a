using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Keeps the listings read last, up to so many bytes. The kernel has its own copy of what it was given.</summary>
/// <param name="capacity">In bytes.</param>
/// <param name="isNarrow">Cookies must fit into 31 bits.</param>
internal sealed class ListingCache(long capacity, bool isNarrow = false)
{
    private readonly Lock _lock = new(); // leaf; protects the queue and what it weighs
    private readonly Queue<UnionDirectory> _queue = [];
    private readonly Dictionary<UnionDirectory, long> _bytes = [];
    private long _size;

    /// <summary>The listing of a directory, read when it is not at hand.</summary>
    /// <param name="isForBeginner">It must have all names that are there now; else those that were there some time ago will do.</param>
    public Errno Get(UnionDirectory directory, InodeMap inodes, bool isForBeginner, out Listing? listing)
    {
        listing = directory.Listing(isForBeginner);
        if (listing is not null) return Errno.None;
        var version = directory.NamesVersion;
        var error = ListingBuilder.Build(directory, inodes, out listing, isNarrow);
        if (error != Errno.None) return error;

        directory.Keep(listing!, version);
        Count(directory, listing!.Bytes);
        return Errno.None;
    }

    // Each directory stands in the queue once, however often it was read again: the oldest must not be the one that was just read.
    private void Count(UnionDirectory directory, long bytes)
    {
        lock (_lock)
        {
            if (!_bytes.TryGetValue(directory, out var before)) _queue.Enqueue(directory);
            _bytes[directory] = bytes;
            _size += bytes - before;
            while (_size > capacity && _queue.Count > 1)
            {
                var oldest = _queue.Dequeue();
                if (oldest == directory)
                {
                    _queue.Enqueue(oldest);
                    continue;
                }
                _bytes.Remove(oldest, out var freed);
                _size -= freed;
                oldest.DropListing();
            }
        }
    }
}
