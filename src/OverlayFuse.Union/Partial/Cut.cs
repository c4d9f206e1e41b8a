namespace OverlayFuse.Union;

/// <summary>How far a truncation of a partial file has come that takes bytes of the lower file away.</summary>
internal enum Cut : uint
{
    /// <summary>None is under way, and the last is on disk.</summary>
    None,

    /// <summary>The upper file is about to be cut.</summary>
    Begun,

    /// <summary>It was cut, which a loss of power can still undo.</summary>
    Done,
}
