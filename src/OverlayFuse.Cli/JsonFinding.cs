namespace OverlayFuse.Cli;

/// <summary>What one layer has, as --json writes it.</summary>
internal sealed record JsonFinding(
    int Layer, JsonPath Root, JsonPath Place, string Kind, string Part, string? Type, ulong? Size, string? Whiteout, string? Opaque,
    bool? Metacopy, bool? Partial, JsonPath? Redirect, string? Error);
