namespace OverlayFuse.Cli;

/// <summary>A change as --json writes it.</summary>
internal sealed record JsonChange(string Change, JsonPath Path, string Why, JsonPath? From);
