namespace OverlayFuse.Union;

/// <summary>What was written to an upper since the mount, in bytes, and for what. What is shared by cloning is not written.</summary>
public sealed class WriteTally
{
    private long _asked;
    private long _copied;
    private long _filled;
    private long _maps;
    private long _wholeFiles;
    private long _partialFiles;
    private long _metadataOnly;

    /// <summary>By those who use the union.</summary>
    public long Asked => Volatile.Read(ref _asked);

    /// <summary>When whole files came up.</summary>
    public long Copied => Volatile.Read(ref _copied);

    /// <summary>What partial files got besides: the rest of a block that was written, and what settling brings up.</summary>
    public long Filled => Volatile.Read(ref _filled);

    /// <summary>Into the maps of partial files.</summary>
    public long Maps => Volatile.Read(ref _maps);

    /// <summary>Files that came up with all their bytes.</summary>
    public long WholeFiles => Volatile.Read(ref _wholeFiles);

    /// <summary>Files that came up, or began to be written, block by block.</summary>
    public long PartialFiles => Volatile.Read(ref _partialFiles);

    /// <summary>Files that came up without a byte.</summary>
    public long MetadataOnly => Volatile.Read(ref _metadataOnly);

    internal void AddAsked(long bytes) => Interlocked.Add(ref _asked, bytes);

    internal void AddFilled(long bytes) => Interlocked.Add(ref _filled, bytes);

    internal void AddMap(long bytes) => Interlocked.Add(ref _maps, bytes);

    internal void AddCopied(long bytes) => Interlocked.Add(ref _copied, bytes);

    internal void CountWhole() => Interlocked.Increment(ref _wholeFiles);

    internal void CountPartial() => Interlocked.Increment(ref _partialFiles);

    internal void CountMetadataOnly() => Interlocked.Increment(ref _metadataOnly);
}
