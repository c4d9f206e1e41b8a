namespace OverlayFuse.Union;

/// <summary>Where a survey stands in one layer.</summary>
/// <param name="Directory">Null: this layer has no such directory.</param>
/// <param name="IsMember">It belongs to the union's directory.</param>
/// <param name="Path">From the layer's root, with a leading slash; empty at the root.</param>
internal readonly record struct Station(LayerDirectory? Directory, bool IsMember, byte[] Path);
