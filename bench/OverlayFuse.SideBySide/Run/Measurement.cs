namespace OverlayFuse.SideBySide;

/// <summary>What was measured of one row with one engine.</summary>
internal sealed class Measurement
{
    /// <summary>Of one operation, a round each: seconds, or bytes of memory.</summary>
    public List<double> Samples { get; } = [];

    /// <summary>Calls of fsync, fdatasync, syncfs and sync_file_range that the daemon made for one operation.</summary>
    public double? Syncs { get; set; }

    /// <summary>Why there is no figure, or not one of each round.</summary>
    public string? Failure { get; set; }

    public double? Median => Failure is null && Samples.Count > 0 ? Figure.Median(Samples) : null;
}
