using System.Text.Json.Serialization;

namespace OverlayFuse.Image;

/// <summary>What a token server answers: the token under either name.</summary>
internal sealed class TokenAnswer
{
    [JsonPropertyName("token")]
    public string? Token { get; set; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; set; }
}
