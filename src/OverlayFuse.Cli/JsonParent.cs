namespace OverlayFuse.Cli;

/// <summary>A note on a directory above, as --json writes it.</summary>
internal sealed record JsonParent(JsonPath Path, string Note, int Layer, JsonPath? Redirect);
