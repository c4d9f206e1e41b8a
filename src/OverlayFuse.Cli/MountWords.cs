using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>What the words of a command line said about a mount, before the options are read.</summary>
internal sealed class MountWords
{
    public required byte[] MountPoint { get; init; }

    /// <summary>The word before the mount point, as mount(8) gives it.</summary>
    public byte[]? Source { get; init; }

    /// <summary>The type in mount tables, behind "fuse.": callers who know us by the name of fuse-overlayfs look for it.</summary>
    public string Subtype { get; init; } = OverlayType.Own;

    /// <summary>The values of -o.</summary>
    public IReadOnlyList<byte[]> OptionLists { get; init; } = [];

    public string? LayerFile { get; init; }

    public string? LogFile { get; init; }

    public bool Foreground { get; init; }

    public bool Debug { get; init; }
}
