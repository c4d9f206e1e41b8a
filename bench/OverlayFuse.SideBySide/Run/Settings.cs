namespace OverlayFuse.SideBySide;

/// <summary>What a run was asked for.</summary>
internal sealed record Settings
{
    public required int Rounds { get; init; }

    public required string Rows { get; init; }

    public required bool IsQuick { get; init; }

    public required string Scratch { get; init; }

    public required string Output { get; init; }

    public required long MaxSize { get; init; }

    /// <summary>The value of partial= of our mounts.</summary>
    public required string Partial { get; init; }

    /// <summary>The time that a mount has.</summary>
    public required TimeSpan Limit { get; init; }
}
