namespace OverlayFuse.Union;

/// <summary>What a deed does to the layers.</summary>
public enum EffectKind
{
    /// <summary>It is not done; the error says why.</summary>
    Refused,

    /// <summary>The upper's own object is changed.</summary>
    InPlace,

    /// <summary>A copy with all bytes is made in the upper first.</summary>
    CopyWhole,

    /// <summary>A copy is made in the upper that has only the blocks written; the others stay below until it is settled.</summary>
    CopyBlocks,

    /// <summary>A copy of the metadata is made in the upper; the bytes stay below.</summary>
    CopyMetadata,

    /// <summary>A copy is made in the upper; there are no bytes to copy.</summary>
    CopyEmpty,

    /// <summary>The upper has the metadata; the bytes are copied to it first.</summary>
    Complete,

    /// <summary>It goes from the upper, and nothing is below.</summary>
    TakeAway,

    /// <summary>It goes from the upper, and a whiteout hides what is below.</summary>
    TakeAwayAndHide,

    /// <summary>A whiteout in the upper hides what is below.</summary>
    Hide,

    /// <summary>The upper's directory moves by itself.</summary>
    Move,

    /// <summary>The directory moves in the upper, with a redirect to where its files stay, and a whiteout at the old name.</summary>
    MoveByRedirect,

    /// <summary>Made in the upper.</summary>
    Make,

    /// <summary>Made in the upper in the place of a whiteout; a directory is made opaque.</summary>
    MakeOverWhiteout,
}
