using System.Text.Json.Serialization;

namespace OverlayFuse.Image;

/// <summary>How containers of an image run: the "config" of an OCI image configuration, under docker's names.</summary>
public sealed class ContainerConfig
{
    /// <summary>Of the container that docker's commit made the image of; a container that is made of it has its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hostname { get; set; }

    public string User { get; set; } = "";

    public SortedDictionary<string, EmptyObject>? ExposedPorts { get; set; }

    public List<string>? Env { get; set; }

    public List<string>? Cmd { get; set; }

    /// <summary>What that container was made of.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Image { get; set; }

    public SortedDictionary<string, EmptyObject>? Volumes { get; set; }

    public string WorkingDir { get; set; } = "";

    public List<string>? Entrypoint { get; set; }

    public List<string>? OnBuild { get; set; }

    public SortedDictionary<string, string>? Labels { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StopSignal { get; set; }

    /// <summary>Nothing here runs it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Healthcheck? Healthcheck { get; set; }

    /// <summary>What SHELL said; null: nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public List<string>? Shell { get; set; }

    /// <summary>A copy that can be changed, for another container.</summary>
    public ContainerConfig Copy() => new()
    {
        User = User,
        ExposedPorts = ExposedPorts is null ? null : new(ExposedPorts),
        Env = Env is null ? null : [.. Env],
        Cmd = Cmd is null ? null : [.. Cmd],
        Volumes = Volumes is null ? null : new(Volumes),
        WorkingDir = WorkingDir,
        Entrypoint = Entrypoint is null ? null : [.. Entrypoint],
        OnBuild = OnBuild is null ? null : [.. OnBuild],
        Labels = Labels is null ? null : new(Labels),
        StopSignal = StopSignal,
        Healthcheck = Healthcheck,
        Shell = Shell is null ? null : [.. Shell],
    };
}
