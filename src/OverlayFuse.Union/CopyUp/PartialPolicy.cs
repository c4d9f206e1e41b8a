namespace OverlayFuse.Union;

/// <summary>Which files come up block by block, and when the rest of them follows.</summary>
/// <param name="WholeUpTo">Files of up to so many bytes come up whole; <see cref="Never"/>: all do.</param>
/// <param name="AreLowersImmutable">Whoever mounted says that the lower layers never change, so that fsync(2) need not bring up the rest.</param>
internal readonly record struct PartialPolicy(ulong WholeUpTo, SettlePolicy Settle, bool AreLowersImmutable)
{
    public const ulong Never = ulong.MaxValue;
}
