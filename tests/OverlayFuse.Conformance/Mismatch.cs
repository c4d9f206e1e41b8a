namespace OverlayFuse.Conformance;

/// <summary>What was seen is not what the case says.</summary>
internal sealed class Mismatch(string message) : Exception(message);
