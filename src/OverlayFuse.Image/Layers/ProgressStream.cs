namespace OverlayFuse.Image;

/// <summary>Tells how many bytes have been read.</summary>
internal sealed class ProgressStream(Stream inner, IProgress<long>? progress) : OneWayStream
{
    private long _count;

    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        if (progress is null) return count;
        _count += count;
        progress.Report(_count);
        return count;
    }
}
