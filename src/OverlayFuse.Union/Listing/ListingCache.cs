using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Keeps the listings read last, up to so many bytes. The kernel has its own copy of what it was given.</summary>
internal sealed class ListingCache(long capacity)
{
    private readonly Lock _lock = new(); // leaf; protects the queue and its size
    private readonly Queue<(UnionDirectory Directory, long Bytes)> _queue = [];
    private long _size;

    /// <summary>The listing of a directory, read when it is not at hand.</summary>
    public Errno Get(UnionDirectory directory, InodeMap inodes, out Listing? listing)
    {
        listing = directory.Listing;
        if (listing is not null) return Errno.None;
        var version = directory.NamesVersion;
        var error = ListingBuilder.Build(directory, inodes, out listing);
        if (error != Errno.None) return error;

        directory.Keep(listing!, version);
        lock (_lock)
        {
            _queue.Enqueue((directory, listing!.Bytes));
            _size += listing.Bytes;
            while (_size > capacity && _queue.Count > 1)
            {
                var (oldest, bytes) = _queue.Dequeue();
                oldest.DropListing();
                _size -= bytes;
            }
        }
        return Errno.None;
    }
}
