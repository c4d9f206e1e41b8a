namespace OverlayFuse.Fuse.Wire;

/// <summary>How long the kernel may rely on an answer, as the protocol writes it.</summary>
internal static class Validity
{
    public static (ulong Seconds, uint Nanoseconds) Split(TimeSpan time)
    {
        if (time <= TimeSpan.Zero) return (0, 0);

        var ticks = (ulong)time.Ticks;
        return (ticks / TimeSpan.TicksPerSecond, (uint)(ticks % TimeSpan.TicksPerSecond) * 100);
    }
}
