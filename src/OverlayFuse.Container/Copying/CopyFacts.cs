namespace OverlayFuse.Container;

/// <summary>What decides where a copy goes.</summary>
public readonly record struct CopyFacts
{
    public bool SourceIsDirectory { get; init; }

    /// <summary>The source ends in "/.": what is in it, without itself.</summary>
    public bool ContentsOnly { get; init; }

    public bool TargetExists { get; init; }

    public bool TargetIsDirectory { get; init; }

    /// <summary>The target ends in a slash, so a directory is meant.</summary>
    public bool TargetMeansDirectory { get; init; }

    public bool TargetHasParent { get; init; }
}
