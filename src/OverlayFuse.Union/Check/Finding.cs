using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>One thing that a check has seen: what it is, where, and what can be done about it.</summary>
public sealed class Finding
{
    /// <summary>A word for programs: "redirect-nowhere".</summary>
    public required string Kind { get; init; }

    /// <summary>Beneath the upper with a leading slash; in the work directory its path from there.</summary>
    public required byte[] Path { get; init; }

    /// <summary>What is there and what it means; a sentence without its full stop.</summary>
    public required string Text { get; init; }

    /// <summary>What a person can do where a repair would be a guess, or what the repair does.</summary>
    public string? Remedy { get; init; }

    /// <summary>False: all is as it should be, and the finding explains it.</summary>
    public bool IsProblem { get; init; } = true;

    /// <summary>It follows from what is there how it should be.</summary>
    public bool CanRepair => Repair is not null;

    public bool IsRepaired { get; internal set; }

    internal Func<Errno>? Repair { get; init; }
}
