namespace OverlayFuse.Union;

/// <summary>One difference between the union and its lower layers.</summary>
/// <param name="Path">From the root of the union, with a leading slash.</param>
/// <param name="From">For <see cref="ChangeReason.Moved"/>: where the lower layers have it.</param>
public sealed record Change(ChangeKind Kind, byte[] Path, ChangeReason Reason, byte[]? From = null);
