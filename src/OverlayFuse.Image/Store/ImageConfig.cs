using System.Text.Json.Serialization;

namespace OverlayFuse.Image;

/// <summary>An image configuration (OCI image-spec config.md). Its digest is the image's id, so one that was loaded is kept byte for byte.</summary>
public sealed class ImageConfig
{
    [JsonPropertyName("architecture")]
    public string Architecture { get; set; } = "";

    [JsonPropertyName("os")]
    public string Os { get; set; } = "linux";

    [JsonPropertyName("created")]
    public string? Created { get; set; }

    [JsonPropertyName("author")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Author { get; set; }

    [JsonPropertyName("comment")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; set; }

    [JsonPropertyName("config")]
    public ContainerConfig? Config { get; set; }

    /// <summary>The container it was made of, by docker.</summary>
    [JsonPropertyName("container")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Container { get; set; }

    [JsonPropertyName("container_config")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ContainerConfig? ContainerConfig { get; set; }

    [JsonPropertyName("docker_version")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DockerVersion { get; set; }

    [JsonPropertyName("rootfs")]
    public RootFs RootFs { get; set => field = value ?? new(); } = new();

    [JsonPropertyName("history")]
    public List<HistoryEntry>? History { get; set; }
}
