namespace OverlayFuse.Union.Tests;

/// <summary>Something that an engine gives otherwise than we do, with the reason why we do not follow it.</summary>
/// <param name="Case">Where it is written: the file and title of a row, or the name of a test.</param>
/// <param name="Engine">Who differs.</param>
/// <param name="Expected">What is to be seen; empty where the case says it by itself.</param>
/// <param name="Seen">What that engine gives, checked whenever the case runs on it.</param>
internal sealed record Difference(string Case, string Engine, string Expected, string Seen, string Reason);
