using System.Text.Json.Nodes;

namespace OverlayFuse.Container;

/// <summary>What a driver says of a volume.</summary>
/// <param name="Path">Where it is; empty: nowhere, as long as it is not mounted.</param>
/// <param name="Created">Null: it does not say.</param>
/// <param name="Status">Words of the driver's own; null where it has none.</param>
/// <param name="Scope">"local", or "global" where all machines of a cluster have it.</param>
public sealed record VolumeFacts(string Path, DateTimeOffset? Created, JsonObject? Status, string Scope);
