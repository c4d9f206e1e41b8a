namespace OverlayFuse.Linux;

/// <summary>A point in time as file systems keep it: seconds since 1970 and nanoseconds.</summary>
public readonly record struct Timestamp(long Seconds, uint Nanoseconds)
{
    /// <summary>For utimensat(2): set to the current time (UTIME_NOW).</summary>
    public static readonly Timestamp Now = new(0, 0x3fffffff);

    /// <summary>For utimensat(2): leave as it is (UTIME_OMIT).</summary>
    public static readonly Timestamp Omit = new(0, 0x3ffffffe);
}
