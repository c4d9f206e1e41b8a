namespace OverlayFuse.Container;

/// <summary>What "run" and "create" were asked for, before anything is looked at.</summary>
public sealed class RunRequest
{
    public required string Image { get; init; }

    /// <summary>The program and its arguments; empty: the image's.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public string? Name { get; init; }

    public IReadOnlyList<string> Environment { get; init; } = [];

    public string? WorkingDirectory { get; init; }

    public string? User { get; init; }

    /// <summary>"" takes the image's away.</summary>
    public string? Entrypoint { get; init; }

    public IReadOnlyList<string> Volumes { get; init; } = [];

    public IReadOnlyList<string> Mounts { get; init; } = [];

    public IReadOnlyList<string> Tmpfs { get; init; } = [];

    public IReadOnlyList<string> VolumesFrom { get; init; } = [];

    public IReadOnlyList<string> Labels { get; init; } = [];

    public string? Hostname { get; init; }

    public string Network { get; init; } = "none";

    public bool ReadOnly { get; init; }

    public bool Terminal { get; init; }

    public bool OpenInput { get; init; }

    public bool AutoRemove { get; init; }
}
