namespace OverlayFuse.Container;

/// <summary>Something mounted into a container at a path.</summary>
public sealed class MountPoint
{
    public required MountKind Kind { get; set; }

    /// <summary>Where, in the container.</summary>
    public required string Target { get; set; }

    /// <summary>The volume; null for the others. Of one without a name, the digits it was given.</summary>
    public string? Volume { get; set; }

    /// <summary>The driver of a volume that is to be made; null: local, or that which it has.</summary>
    public string? Driver { get; set; }

    /// <summary>Who asked for the volume named the driver.</summary>
    public bool IsDriverAsked { get; set; }

    public SortedDictionary<string, string> DriverOptions { get; set; } = [];

    /// <summary>Of a volume that is to be made; null: none.</summary>
    public SortedDictionary<string, string>? VolumeLabels { get; set; }

    /// <summary>The container made this volume for itself alone: it goes with "rm -v".</summary>
    public bool IsAnonymous { get; set; }

    /// <summary>The directory or file on the host; empty for a tmpfs.</summary>
    public string Source { get; set; } = "";

    public bool ReadOnly { get; set; }

    /// <summary>An empty volume stays empty: the image's files are not copied into it.</summary>
    public bool NoCopy { get; set; }

    /// <summary>rprivate, rslave, rshared and those without r; empty for volumes.</summary>
    public string Propagation { get; set; } = "";

    /// <summary>What is mounted below the source stays out.</summary>
    public bool NonRecursive { get; set; }

    /// <summary>As inspect shows it: what -v had behind the second colon, "z" for --mount type=volume.</summary>
    public string Mode { get; set; } = "";

    /// <summary>Options of a tmpfs: size=, mode=.</summary>
    public List<string> Options { get; set; } = [];

    /// <summary>It was said by --mount, which makes nothing that is missing on the host.</summary>
    public bool IsFromMountFlag { get; set; }
}
