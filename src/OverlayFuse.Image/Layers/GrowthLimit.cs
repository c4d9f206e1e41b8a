namespace OverlayFuse.Image;

/// <summary>An unpacked stream that must not grow out of all proportion: a few kilobytes can be made to fill any disk.</summary>
internal sealed class GrowthLimit(Stream unpacked, FileStream packed, string path, long always = GrowthLimit.Always) : OneWayStream
{
    private const long Always = 4L << 30;
    private const long Ratio = 200;

    private readonly long _limit = Math.Max(always, packed.Length * Ratio);
    private long _count;

    public override int Read(Span<byte> buffer)
    {
        var count = unpacked.Read(buffer);
        _count += count;
        if (_count > _limit) throw new RefusedException($"{path} has {packed.Length} bytes and unpacks to more than {_limit}: it is made to fill the disk. Unpack it yourself if you trust it.");
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            unpacked.Dispose();
            packed.Dispose();
        }
        base.Dispose(disposing);
    }
}
