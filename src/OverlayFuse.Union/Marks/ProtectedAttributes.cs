namespace OverlayFuse.Union;

/// <summary>The file attributes of chattr(1) that a copy in the upper keeps as a mark, since they would bind the daemon itself.</summary>
[Flags]
internal enum ProtectedAttributes
{
    None = 0,
    AppendOnly = 1,
    Immutable = 2,
}
