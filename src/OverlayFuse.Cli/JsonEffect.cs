namespace OverlayFuse.Cli;

/// <summary>Where a deed would go, as --json writes it.</summary>
internal sealed record JsonEffect(string Deed, string Effect, ulong? Bytes, string? Refusal);
