using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace OverlayFuse.Cli;

/// <summary>A path in JSON: a string; where its bytes are no UTF-8, an object {"base64": "..."}.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record JsonPath(byte[] Bytes)
{
    public sealed class Converter : JsonConverter<JsonPath>
    {
        public override JsonPath Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => throw new NotSupportedException(); // answers are only written

        public override void Write(Utf8JsonWriter writer, JsonPath path, JsonSerializerOptions options)
        {
            if (Utf8.IsValid(path.Bytes))
            {
                writer.WriteStringValue(path.Bytes);
                return;
            }
            writer.WriteStartObject();
            writer.WriteBase64String("base64"u8, path.Bytes);
            writer.WriteEndObject();
        }
    }
}
