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

    /// <summary>The same of what others have written, whose lists may have places with nothing in them.</summary>
    /// <exception cref="InvalidDataException">Also then.</exception>
    public static T ReadForeign<T>(ReadOnlySpan<byte> text, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
    {
        var document = Read(text, type, what);
        return HasEmptyPlace(text) ? throw new InvalidDataException($"its {what} has a list with null in it") : document;
    }

    private static bool HasEmptyPlace(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { AllowTrailingCommas = true });
        var areLists = new Stack<bool>(); // what is open around the place
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) areLists.Push(reader.TokenType == JsonTokenType.StartArray);
            else if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject) areLists.Pop();
            else if (reader.TokenType == JsonTokenType.Null && areLists.TryPeek(out var isList) && isList) return true;
        }
        return false;
    }
}
