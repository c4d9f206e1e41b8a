namespace OverlayFuse.Union;

/// <summary>What a map is to say when the upper was synced: see <see cref="PartialMap.TakeUncommitted"/>.</summary>
internal readonly record struct PendingCommit(ulong[] Words, ulong Sequence);
