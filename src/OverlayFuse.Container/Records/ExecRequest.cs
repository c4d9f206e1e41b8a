namespace OverlayFuse.Container;

/// <summary>What "exec" was asked for.</summary>
public sealed record ExecRequest
{
    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Null: the container's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Null: the container's.</summary>
    public string? User { get; init; }

    public bool Terminal { get; init; }

    /// <summary>It reads what comes on our standard input.</summary>
    public bool OpenInput { get; init; }

    /// <summary>All capabilities that there are; what filters system calls stays.</summary>
    public bool Privileged { get; init; }
}
