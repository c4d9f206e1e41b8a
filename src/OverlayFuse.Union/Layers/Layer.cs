using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>One tree of the stack. A layer is one mount: what is mounted inside it is not part of it.</summary>
internal sealed class Layer
{
    /// <summary>Its place in the stack: 0 is the upper, lower layers count from 1 downwards.</summary>
    public required int Index { get; init; }

    /// <summary>Its number in inode numbers, kept per upper; 0 is the upper.</summary>
    public required int Number { get; init; }

    /// <summary>Its absolute path, links resolved; where it has none, the path it was given by.</summary>
    public required byte[] Path { get; init; }

    /// <summary>
    /// That of its root. Objects of other devices may be among its own where file systems are made so: subvolumes of btrfs, of which snapshots
    /// share inode numbers, and an overlay whose layers lie on several.
    /// </summary>
    public required ulong Device { get; init; }

    /// <summary>That of the files that we make: on an overlay over several file systems it is another than a directory's. 0: none is made.</summary>
    public ulong DeviceOfFiles { get; set; }

    /// <summary>
    /// Objects other mounts stand on, where the layer is held through a clone of its mount that does not show
    /// them. Null: none. Without a clone such mounts are met and recognised on the way.
    /// </summary>
    public HashSet<(ulong Device, ulong Inode)>? Covered { get; init; }

    /// <summary>Held through a private read-only clone of its mount, so that not even a mistake can change it.</summary>
    public required bool IsPrivateClone { get; init; }

    /// <summary>The place of our own mount point in this layer: the directory that holds it and its name there. Null: elsewhere.</summary>
    public (ulong Device, ulong Inode, byte[] Name)? OwnMountPoint { get; set; }

    /// <summary>Holds bytes of metacopies only, found by the path that those name: no name of the union is looked for in it.</summary>
    public bool IsDataOnly { get; init; }

    /// <summary>Where it keeps the owners of its objects.</summary>
    public OverrideForm Overrides { get; set; }

    /// <summary>Who writes to it; null for a lower layer.</summary>
    public Upper? Upper { get; set; }

    public LayerDirectory Root { get; set; } = null!;

    public bool IsUpper => Index == 0;
}
