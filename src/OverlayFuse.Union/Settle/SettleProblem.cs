namespace OverlayFuse.Union;

/// <summary>What could not be settled, and why: a sentence.</summary>
/// <param name="Path">Beneath the union, with a leading slash.</param>
public sealed record SettleProblem(byte[] Path, string Reason);
