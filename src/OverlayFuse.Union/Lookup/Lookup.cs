namespace OverlayFuse.Union;

/// <summary>The rule of the union for one name, decided layer by layer from the top.</summary>
/// <remarks>Kernel: Documentation/filesystems/overlayfs.rst, "Upper and Lower", "whiteouts and opaque directories".</remarks>
internal static class Lookup
{
    /// <summary>What one layer says about a name, and whether the search goes on below.</summary>
    public static Verdict Judge(in LayerEntry entry, bool isDirectorySoFar) => entry.Kind switch
    {
        EntryKind.Absent => Verdict.LookBelow,
        EntryKind.Whiteout when isDirectorySoFar => Verdict.StopBeforeThis,
        EntryKind.Whiteout => Verdict.Hidden,
        EntryKind.Directory when entry.IsOpaque || entry.IsCovered => Verdict.FoundAndStop,
        EntryKind.Directory => Verdict.FoundAndMerge,
        _ when isDirectorySoFar => Verdict.StopBeforeThis, // a file below a directory is hidden by it
        _ => Verdict.FoundAndStop,
    };
}
