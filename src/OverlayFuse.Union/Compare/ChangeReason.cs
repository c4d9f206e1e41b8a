namespace OverlayFuse.Union;

/// <summary>How a change is written in the upper.</summary>
public enum ChangeReason
{
    /// <summary>An object of the upper that no lower layer has.</summary>
    New,

    /// <summary>The upper has a copy with contents of its own.</summary>
    Copy,

    /// <summary>The upper has a copy of the metadata; the bytes are still below.</summary>
    Metadata,

    /// <summary>A directory that was modified, and shows no other trace of it: what was made in it is gone again, or its time was set.</summary>
    Time,

    /// <summary>An object of another type.</summary>
    Type,

    /// <summary>A redirect: what was elsewhere, with all beneath it.</summary>
    Moved,

    /// <summary>An opaque directory: a new one in the place of an old one.</summary>
    Opaque,

    /// <summary>A whiteout.</summary>
    Whiteout,

    /// <summary>In a directory that does not merge with the one below which has it.</summary>
    InOpaque,
}
