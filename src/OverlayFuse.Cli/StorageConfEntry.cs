namespace OverlayFuse.Cli;

/// <summary>A line "key = value" of storage.conf.</summary>
/// <param name="Name">With that of the table before it, as in storage.driver.</param>
/// <param name="Value">Without quotes.</param>
/// <param name="ValueStart">Where in the line the value begins, quotes included.</param>
internal sealed record StorageConfEntry(string Name, string Value, int Line, int ValueStart, int ValueEnd);
