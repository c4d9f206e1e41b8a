namespace OverlayFuse.Union;

/// <summary>Who would write to the upper, whether with marks, and up to how many bytes files come up whole.</summary>
internal sealed record Writer(Credentials Credentials, bool CanMetacopy, ulong WholeUpTo = PartialPolicy.Never);
