namespace OverlayFuse.Union;

/// <summary>A rule of the union that makes a path what it is.</summary>
/// <remarks>Kernel: Documentation/filesystems/overlayfs.rst, "Upper and Lower", "whiteouts and opaque directories", "renaming directories", "Metadata only copy up".</remarks>
public enum Rule
{
    /// <summary>The topmost layer that has a name decides.</summary>
    TopmostDecides,

    /// <summary>Directories of one name merge.</summary>
    DirectoriesMerge,

    /// <summary>An opaque directory merges with nothing below.</summary>
    OpaqueEndsMerging,

    /// <summary>A whiteout between two directories keeps them apart.</summary>
    WhiteoutEndsMerging,

    /// <summary>A file below a directory ends the search for members.</summary>
    FileEndsMerging,

    /// <summary>A whiteout says that a name does not exist, whatever is below.</summary>
    WhiteoutHides,

    /// <summary>Below a redirect another name is looked for.</summary>
    RedirectLeads,

    /// <summary>A metacopy has metadata only.</summary>
    MetacopyReadsBelow,

    /// <summary>All names of one file share one copy.</summary>
    NamesShareCopy,

    /// <summary>A layer is looked into only where its directory belongs to the union's.</summary>
    OnlyMembersCount,

    /// <summary>What no layer has does not exist.</summary>
    NothingIsNothing,

    /// <summary>A path leads through directories only.</summary>
    OnlyDirectoriesLead,

    /// <summary>Names that begin with .wh. are whiteouts.</summary>
    NamesAreReserved,

    /// <summary>A layer is one mount: what stands in it shows as empty.</summary>
    MountsShowEmpty,

    /// <summary>What cannot be understood is an error, never a guess.</summary>
    BrokenIsAnError,
}
