namespace OverlayFuse.Union;

/// <summary>Keeps at most so many layer directories open; the clock hand closes those that were not used for a round.</summary>
internal sealed class DescriptorCache(int capacity)
{
    private readonly Lock _lock = new(); // rank 9; protects the ring. Directories are only tried (TryEvict), never waited for
    private LayerDirectory?[] _ring = new LayerDirectory?[Math.Min(64, capacity)]; // grows up to the capacity
    private int _used;
    private int _hand;

    public int Capacity => capacity;

    /// <summary>The end of the mount: directories that were opened on the way of a redirect belong to nobody else.</summary>
    public void Close()
    {
        lock (_lock)
        {
            foreach (var directory in _ring) directory?.Close();
        }
    }

    /// <summary>
    /// Takes in a directory that was just opened; another one may be closed for it. False when all are in use: it is to be closed by
    /// who leaves it last.
    /// </summary>
    public bool Add(LayerDirectory directory)
    {
        lock (_lock)
        {
            if (_used < capacity)
            {
                if (_used == _ring.Length) Array.Resize(ref _ring, Math.Min(2 * _used, capacity));
                _ring[_used++] = directory;
                return true;
            }

            // Two rounds at most: the first takes the marks of recent use away.
            for (var tries = 0; tries < 2 * capacity; tries++)
            {
                _hand = (_hand + 1) % capacity;
                var candidate = _ring[_hand];
                if (candidate == directory) return true;
                if (candidate is not null && !candidate.TryEvict()) continue;
                _ring[_hand] = directory;
                return true;
            }
            return false;
        }
    }
}
