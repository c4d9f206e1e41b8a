namespace OverlayFuse.Union;

/// <summary>The mark a directory gets before a rename makes it visible at its new place.</summary>
internal enum SideMark
{
    None,
    Opaque,
    Redirect,
}
