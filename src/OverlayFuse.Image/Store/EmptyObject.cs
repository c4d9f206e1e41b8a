namespace OverlayFuse.Image;

/// <summary>"{}": how the formats write the members of a set.</summary>
public readonly record struct EmptyObject;
