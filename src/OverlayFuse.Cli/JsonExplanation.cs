namespace OverlayFuse.Cli;

/// <summary>An explanation as --json writes it.</summary>
internal sealed record JsonExplanation(
    JsonPath Path, JsonPath Subject, string Outcome, string? Error, int? DataLayer, JsonPath? DataRoot, JsonPath? DataPlace, bool? SharedCopy,
    string[] Rules, JsonFinding[] Layers, JsonParent[] Parents, JsonEffect[] Effects);
