namespace OverlayFuse.Union;

/// <summary>Inodes of the upper that this mount has given a mark which they still have. Those that are not known to be without one count.</summary>
internal sealed class MarkedInodes
{
    private const int MaxInodes = 1 << 16; // more are not worth their memory

    private readonly Lock _lock = new(); // leaf; protects the fields below
    private readonly HashSet<ulong> _inodes = [];
    private bool _isOverfull;

    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _inodes.Count == 0 && !_isOverfull;
        }
    }

    public void Add(ulong inode)
    {
        lock (_lock)
        {
            if (_inodes.Count < MaxInodes) _inodes.Add(inode);
            else _isOverfull = true;
        }
    }

    public void Remove(ulong inode)
    {
        lock (_lock) _inodes.Remove(inode);
    }
}
