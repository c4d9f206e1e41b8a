namespace OverlayFuse.Union;

/// <summary>What is known of a node beside its place.</summary>
[Flags]
internal enum NodeFlags
{
    None = 0,

    /// <summary>Its object is in the upper.</summary>
    Upper = 1,

    /// <summary>An upper file whose bytes are still in a lower layer (metacopy).</summary>
    Metacopy = 2,

    /// <summary>The metacopy mark of this file was looked for; before, a lower file may have its bytes further below.</summary>
    DataKnown = 4,

    /// <summary>It lost its last name and is kept as a link in the orphans directory until the kernel forgets it.</summary>
    Orphan = 8,

    /// <summary>It lost its last name; a lower object is still there to be read.</summary>
    Removed = 16,

    /// <summary>Several names may lead to it: it stands in the table of links.</summary>
    Linked = 32,

    /// <summary>The upper copy of a lower file with several names: it stands in the hard link index.</summary>
    Indexed = 64,

    /// <summary>A mount stands on it in its layer: it shows as an empty directory (or file).</summary>
    Covered = 128,

    /// <summary>Its upper object has been opened in passthrough; cached pages of earlier opens are not to be trusted.</summary>
    PassedThrough = 256,

    /// <summary>A lower metacopy: its bytes are in a layer further below (see <see cref="Tree.LearnData"/>).</summary>
    DataElsewhere = 512,

    /// <summary>Its file capability was just removed: by a user, or by the kernel because of a write.</summary>
    CapabilityRemoved = 1024,

    /// <summary>With <see cref="Metacopy"/>: some blocks are in the upper already (<see cref="PartialFile"/>).</summary>
    Partial = 2048,

    /// <summary>A partial file that was found and not opened yet: an earlier daemon may have left it with a cut to be made, so its size is not known.</summary>
    Unrecovered = 4096,

    /// <summary>Bytes of it came up, and what makes them count (its name, or a mark that came or went) was not synced: fdatasync(2) may leave that out, as ext4 does.</summary>
    CopyUnsynced = 8192,

    /// <summary>It lost its last name and is kept by its descriptor (<see cref="OpenFiles.Hold"/>) until the kernel forgets it.</summary>
    Held = 16384,
}
