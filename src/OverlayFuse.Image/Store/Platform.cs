using System.Text.Json.Serialization;

namespace OverlayFuse.Image;

/// <summary>What an image of several in an index is for.</summary>
public sealed class Platform
{
    [JsonPropertyName("architecture")]
    public string Architecture { get; set; } = "";

    [JsonPropertyName("os")]
    public string Os { get; set; } = "";
}
