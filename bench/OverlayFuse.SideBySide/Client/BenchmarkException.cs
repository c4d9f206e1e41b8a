namespace OverlayFuse.SideBySide;

/// <summary>What was to be measured did not succeed: a sentence for the person who measures.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
