namespace OverlayFuse.Cli;

/// <summary>What "build" was asked for.</summary>
internal sealed record BuildRequest
{
    public required byte[] Directory { get; init; }

    /// <summary>Null: "Dockerfile" in the directory.</summary>
    public string? File { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyDictionary<string, string?> Arguments { get; init; } = new Dictionary<string, string?>();

    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The stage to stop at.</summary>
    public string? Target { get; init; }

    public bool NoCache { get; init; }

    /// <summary>When the images of FROM are brought from their registries.</summary>
    public PullPolicy Pull { get; init; } = PullPolicy.Missing;

    public bool Quiet { get; init; }

    /// <summary>The network of RUN.</summary>
    public string? Network { get; init; }
}
