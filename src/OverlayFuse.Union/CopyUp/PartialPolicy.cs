namespace OverlayFuse.Union;

/// <summary>Which files come up block by block, and when the rest of them follows.</summary>
/// <param name="WholeUpTo">Files of up to so many bytes come up whole; <see cref="Never"/>: all do.</param>
/// <param name="AreLowersImmutable">Whoever mounted says that the lower layers never change, so that fsync(2) need not bring up the rest.</param>
/// <param name="SyncsLater">
/// The bytes of those that come up whole are not synced before the copy takes its place, but with others soon after; until then the marks of a partial
/// file, and its map, have a loss of power leave what is below.
/// </param>
internal readonly record struct PartialPolicy(ulong WholeUpTo, SettlePolicy Settle, bool AreLowersImmutable, bool SyncsLater)
{
    /// <summary>Everything comes up whole, and synced.</summary>
    public static PartialPolicy Off => new(Never, SettlePolicy.Idle, false, false);

    public const ulong Never = ulong.MaxValue;
}
