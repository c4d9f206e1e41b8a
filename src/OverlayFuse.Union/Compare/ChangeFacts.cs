namespace OverlayFuse.Union;

/// <summary>What decides whether, and how, a name of an upper directory is a change.</summary>
internal readonly record struct ChangeFacts
{
    /// <summary>What the upper has.</summary>
    public EntryKind Upper { get; init; }

    /// <summary>What the lower layers would show without the upper; Absent also where a whiteout hides it.</summary>
    public EntryKind Below { get; init; }

    /// <summary>A directory that merges with lower ones.</summary>
    public bool HasMembers { get; init; }

    public bool IsOpaque { get; init; }

    /// <summary>A redirect leads to an object other than the one that the lower layers have under this name.</summary>
    public bool IsMoved { get; init; }

    public bool IsMetacopy { get; init; }

    /// <summary>Directories of other modes, owners or extended attributes.</summary>
    public bool HasOtherAttributes { get; init; }

    /// <summary>Directories of other times of modification.</summary>
    public bool HasOtherTime { get; init; }

    public bool IsOtherType { get; init; }

    /// <summary>In a whole copy of the lower layers: what it has of this name is what they have, as far as its attributes tell.</summary>
    public bool IsSame { get; init; }
}
