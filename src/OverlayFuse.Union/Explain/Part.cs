namespace OverlayFuse.Union;

/// <summary>What part one layer has in what a path is.</summary>
public enum Part
{
    /// <summary>It has nothing there.</summary>
    None,

    /// <summary>Its object is the one that shows; of a directory, the one whose owner, mode and times show.</summary>
    Decides,

    /// <summary>A further member of a merged directory.</summary>
    Merges,

    /// <summary>A whiteout: nothing below it shows.</summary>
    Ends,

    /// <summary>Something above it hides it.</summary>
    Hidden,

    /// <summary>Its directory is not a member of the union's directory, so nobody looks there.</summary>
    CutOff,

    /// <summary>The search ends here with an error.</summary>
    Fails,
}
