namespace OverlayFuse.Union;

/// <summary>What a path is in the union.</summary>
public enum Outcome
{
    /// <summary>No layer that counts has it.</summary>
    Absent,

    Found,

    /// <summary>A whiteout hides what is below it.</summary>
    Hidden,

    /// <summary>Something above it is not a directory.</summary>
    NotDirectory,

    /// <summary>The name is one that layers write whiteouts with.</summary>
    Reserved,

    /// <summary>A layer answered with an error, so the union does.</summary>
    Broken,
}
