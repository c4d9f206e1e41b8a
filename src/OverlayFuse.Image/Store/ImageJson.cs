using System.Text.Json;
using System.Text.Json.Serialization;

namespace OverlayFuse.Image;

/// <summary>The JSON of this room, generated at compile time.</summary>
[JsonSourceGenerationOptions(AllowTrailingCommas = true)]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(DockerManifest[]))]
[JsonSerializable(typeof(ImageRecord))]
[JsonSerializable(typeof(CachedStep))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class ImageJson : JsonSerializerContext
{
    /// <exception cref="InvalidDataException">It is not what it should be; the message goes on with "it".</exception>
    public static T Read<T>(ReadOnlySpan<byte> text, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new InvalidDataException($"its {what} is empty");
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"its {what} is not valid JSON of that form");
        }
    }
}
