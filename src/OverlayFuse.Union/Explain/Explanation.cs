using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Why a path of the union is what it is.</summary>
public sealed partial record Explanation
{
    /// <summary>The path that was asked for, from the root of the union, with a leading slash.</summary>
    public required byte[] Path { get; init; }

    /// <summary>The path that the findings are of: the one asked for, or the first on the way that is not a directory.</summary>
    public required byte[] Subject { get; init; }

    public required Outcome Outcome { get; init; }

    /// <summary>For <see cref="Outcome.Broken"/>: what the union answers.</summary>
    public Errno Error { get; init; }

    /// <summary>Each layer, from top to bottom.</summary>
    public required IReadOnlyList<LayerFinding> Findings { get; init; }

    /// <summary>What is worth telling of the directories on the way.</summary>
    public IReadOnlyList<ParentNote> Parents { get; init; } = [];

    /// <summary>Of a metacopy: the layer that has the bytes; -1: it is not a metacopy, or there are no bytes (the file is broken).</summary>
    public int DataLayer { get; init; } = -1;

    /// <summary>The path of that layer.</summary>
    public byte[] DataRoot { get; init; } = [];

    /// <summary>Where the bytes are in that layer.</summary>
    public byte[]? DataPlace { get; init; }

    /// <summary>Of a file that is partly in the upper: the bytes below are no longer those it was made from, and cannot be read.</summary>
    public bool IsDataChanged { get; init; }

    /// <summary>Another name of the same lower file was changed: what shows is the copy that all its names share.</summary>
    public bool IsSharedCopy { get; init; }

    public IReadOnlyList<Effect> Effects { get; init; } = [];

    /// <summary>The finding whose object shows, or null.</summary>
    public LayerFinding? Decisive => Findings.FirstOrDefault(finding => finding.Part == Part.Decides);

    /// <summary>What the findings of a path come to. Pure.</summary>
    internal static Outcome Judge(IReadOnlyList<LayerFinding> findings)
    {
        if (findings.Any(finding => finding.Part == Part.Fails)) return Outcome.Broken;
        if (findings.Any(finding => finding.Part == Part.Decides)) return Outcome.Found;
        return findings.Any(finding => finding.Part == Part.Ends) ? Outcome.Hidden : Outcome.Absent;
    }
}
