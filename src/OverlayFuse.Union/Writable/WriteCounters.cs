namespace OverlayFuse.Union;

/// <summary>Counts what is written to an upper, by many threads at once.</summary>
public sealed class WriteCounters
{
    private long _asked;
    private long _copied;
    private long _filled;
    private long _maps;
    private long _wholeFiles;
    private long _partialFiles;
    private long _metadataOnly;

    /// <summary>Each count is right for some moment, but not all for the same one.</summary>
    public WriteTally Tally => new(
        Volatile.Read(ref _asked), Volatile.Read(ref _copied), Volatile.Read(ref _filled), Volatile.Read(ref _maps),
        Volatile.Read(ref _wholeFiles), Volatile.Read(ref _partialFiles), Volatile.Read(ref _metadataOnly));

    internal void AddAsked(long bytes) => Interlocked.Add(ref _asked, bytes);

    internal void AddFilled(long bytes) => Interlocked.Add(ref _filled, bytes);

    internal void AddMap(long bytes) => Interlocked.Add(ref _maps, bytes);

    internal void AddCopied(long bytes) => Interlocked.Add(ref _copied, bytes);

    internal void CountWhole() => Interlocked.Increment(ref _wholeFiles);

    internal void CountPartial() => Interlocked.Increment(ref _partialFiles);

    internal void CountMetadataOnly() => Interlocked.Increment(ref _metadataOnly);
}
