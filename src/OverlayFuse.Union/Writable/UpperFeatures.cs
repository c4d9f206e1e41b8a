namespace OverlayFuse.Union;

/// <summary>What the file system of the upper can do, tried out in the work directory at mount.</summary>
internal sealed record UpperFeatures
{
    /// <summary>The family whose marks can be set; null where there are no extended attributes.</summary>
    public required MarkFamily? Marks { get; init; }

    public required WhiteoutForm Whiteout { get; init; }

    /// <summary>renameat2(2) with RENAME_WHITEOUT.</summary>
    public required bool RenameWhiteout { get; init; }

    /// <summary>A file that has lost its last name lives on for who has it open, and nothing shows in its place: NFS and some servers of FUSE give it another name there.</summary>
    public required bool KeepsUnlinked { get; init; }

    /// <summary>Metadata-only copy-up and redirected directories need marks.</summary>
    public bool Metacopy => Marks is not null;
}
