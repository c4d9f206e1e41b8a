using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>A mount that was asked for and makes sense: absolute paths, defaults filled in. What the daemon is handed.</summary>
internal sealed class MountJob
{
    public required UnionOptions Union { get; init; }

    /// <summary>The first field of /proc/mounts.</summary>
    public required byte[] Source { get; init; }

    /// <summary>The type in mount tables, behind "fuse.".</summary>
    public string Subtype { get; init; } = OverlayType.Own;

    public required MountFlags Flags { get; init; }

    public required bool AllowOther { get; init; }

    /// <summary>Labels of SELinux, as mount(2) takes them; empty: none.</summary>
    public byte[] Labels { get; init; } = [];

    /// <summary>Where the daemon writes what it has to say; null: the system log.</summary>
    public byte[]? LogFile { get; init; }
}
