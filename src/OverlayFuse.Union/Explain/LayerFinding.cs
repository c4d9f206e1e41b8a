using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What one layer has of a path, and what part that plays.</summary>
public sealed record LayerFinding
{
    /// <summary>0: the upper; lower layers count from 1 downwards.</summary>
    public required int Layer { get; init; }

    /// <summary>The directory the layer was given by.</summary>
    public required byte[] Root { get; init; }

    /// <summary>Where it was looked for, from the layer's root; after a redirect this is not the path in the union.</summary>
    public required byte[] Place { get; init; }

    public required LayerFindingKind Kind { get; init; }

    public required Part Part { get; init; }

    /// <summary>Of a file.</summary>
    public FileType Type { get; init; }

    public ulong Size { get; init; }

    /// <summary>How a whiteout is written.</summary>
    public MarkForm Whiteout { get; init; }

    /// <summary>How a directory is marked opaque; None: it is not.</summary>
    public MarkForm Opaque { get; init; }

    /// <summary>A directory marked opaque = x: empty files in it may be whiteouts.</summary>
    public bool HasMarkedWhiteouts { get; init; }

    /// <summary>A file of which this layer has the metadata only.</summary>
    public bool IsMetacopy { get; init; }

    /// <summary>A metacopy that has some blocks of its own.</summary>
    public bool IsPartial { get; init; }

    /// <summary>The name or path that layers below are asked for instead.</summary>
    public byte[]? Redirect { get; init; }

    /// <summary>For <see cref="LayerFindingKind.Unreadable"/>.</summary>
    public Errno Error { get; init; }
}
