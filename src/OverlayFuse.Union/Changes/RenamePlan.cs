using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>How a rename is done: refused, or with which marks on either side.</summary>
/// <remarks>Kernel: fs/overlayfs/dir.c, ovl_rename(); Documentation/filesystems/overlayfs.rst, "renaming directories".</remarks>
internal readonly record struct RenamePlan
{
    public Errno Refusal { get; private init; }

    /// <summary>Both names lead to the same object: nothing to do.</summary>
    public bool IsNothing { get; private init; }

    public SideMark Source { get; private init; }

    /// <summary>With EXCHANGE, for the object that comes the other way.</summary>
    public SideMark Target { get; private init; }

    /// <summary>A whiteout stays at the old name.</summary>
    public bool LeavesWhiteout { get; private init; }

    public static RenamePlan For(in RenameFacts source, in RenameFacts target, bool sameNode, RenameFlags flags)
    {
        if ((flags & RenameFlags.Whiteout) != 0 || flags == (RenameFlags.NoReplace | RenameFlags.Exchange)) return Refuse(Errno.INVAL);
        if (!source.Exists) return Refuse(Errno.NOENT);
        if (flags == RenameFlags.NoReplace && target.Exists) return Refuse(Errno.EXIST);
        if (flags == RenameFlags.Exchange)
        {
            if (!target.Exists) return Refuse(Errno.NOENT);
            return new RenamePlan { IsNothing = sameNode, Source = MarkFor(source, target), Target = MarkFor(target, source) };
        }

        if (sameNode) return new RenamePlan { IsNothing = true };
        if (target.Exists)
        {
            var sourceIsDirectory = source.Type == FileType.Directory;
            var targetIsDirectory = target.Type == FileType.Directory;
            if (sourceIsDirectory && !targetIsDirectory) return Refuse(Errno.NOTDIR);
            if (!sourceIsDirectory && targetIsDirectory) return Refuse(Errno.ISDIR);
            if (targetIsDirectory && !target.IsEmpty) return Refuse(Errno.NOTEMPTY);
        }
        return new RenamePlan { Source = MarkFor(source, target), LeavesWhiteout = source.HasBelow };
    }

    // A directory with lower members says where they are; a pure one that comes over lower names says that they are not its own.
    private static SideMark MarkFor(in RenameFacts moved, in RenameFacts place)
    {
        if (moved.Type != FileType.Directory) return SideMark.None;
        if (moved.HasLowers) return SideMark.Redirect;
        return place.HasBelow ? SideMark.Opaque : SideMark.None;
    }

    private static RenamePlan Refuse(Errno error) => new() { Refusal = error };
}
