using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What one layer says about a name: its object and the marks on it.</summary>
internal struct LayerEntry
{
    public EntryKind Kind;
    public FileStatus Status;

    /// <summary>A directory that does not merge with anything below.</summary>
    public bool IsOpaque;

    /// <summary>A directory in which zero-size files may be whiteouts (opaque = x).</summary>
    public bool HasXattrWhiteouts;

    /// <summary>Another mount stands on it.</summary>
    public bool IsCovered;

    /// <summary>Marks whose values matter only to some: redirect, metacopy, origin.</summary>
    public FoundMarks Marks;
}
