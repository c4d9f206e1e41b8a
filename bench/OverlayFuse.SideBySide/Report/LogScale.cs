namespace OverlayFuse.SideBySide;

/// <summary>An axis on which equal ratios have equal lengths.</summary>
internal readonly record struct LogScale(double Low, double High, double From, double To)
{
    /// <summary>Where a value stands. All in the middle, where there is only one.</summary>
    public double At(double value) => High > Low ? From + (To - From) * Math.Log(value / Low) / Math.Log(High / Low) : (From + To) / 2;
}
