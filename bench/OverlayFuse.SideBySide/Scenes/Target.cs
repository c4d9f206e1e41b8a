namespace OverlayFuse.SideBySide;

/// <summary>The figure that a row is to reach in each of our data modes.</summary>
/// <param name="Base">The engine whose time counts as 1; null: the kernel.</param>
internal sealed record Target(double Cached, double Passthrough, string? Base = null)
{
    public static implicit operator Target(double both) => new(both, both);

    public override string ToString() =>
        (Cached == Passthrough ? Figure.Short(Cached) : $"{Figure.Short(Cached)} cached, {Figure.Short(Passthrough)} passthrough") + (Base is null ? "" : $" of {Base}");
}
