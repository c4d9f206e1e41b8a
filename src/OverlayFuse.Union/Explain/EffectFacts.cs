using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What decides where a deed would go.</summary>
internal readonly record struct EffectFacts
{
    /// <summary>Nothing can be done here: ROFS without an upper, or what the copy-up of a directory above would be refused with.</summary>
    public Errno Refusal { get; init; }

    public bool Exists { get; init; }

    public bool IsRoot { get; init; }

    /// <summary>The object that shows is the upper's.</summary>
    public bool InUpper { get; init; }

    /// <summary>What shows is the copy that all names of a lower file share.</summary>
    public bool IsSharedCopy { get; init; }

    public FileType Type { get; init; }

    public bool IsCovered { get; init; }

    public bool IsMetacopy { get; init; }

    /// <summary>A metacopy that has some blocks in the upper.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Without the upper, the lower layers would show something here.</summary>
    public bool HasBelow { get; init; }

    /// <summary>A directory with members in lower layers.</summary>
    public bool HasLowers { get; init; }

    /// <summary>The upper has a whiteout here.</summary>
    public bool IsHidden { get; init; }

    /// <summary>Of the object that would be copied up.</summary>
    public CopyUpFacts CopyUp { get; init; }
}
