namespace OverlayFuse.Union;

/// <summary>Consecutive ids: from <paramref name="Stored"/> on in the layers, from <paramref name="Shown"/> on in the union.</summary>
public readonly record struct IdRange(uint Stored, uint Shown, uint Count);
