using System.Text.Json.Serialization;

namespace OverlayFuse.Image;

/// <summary>The layers of an image: the digests of their archives as they are unpacked, lowest first.</summary>
public sealed class RootFs
{
    [JsonPropertyName("type")]
    public string Type { get; set; } = "layers";

    [JsonPropertyName("diff_ids")]
    public List<string> DiffIds { get; set => field = value ?? []; } = []; // Go writes an empty list as null
}
