namespace OverlayFuse.Union;

/// <summary>Who would write to the upper, and whether with marks.</summary>
internal sealed record Writer(Credentials Credentials, bool CanMetacopy);
