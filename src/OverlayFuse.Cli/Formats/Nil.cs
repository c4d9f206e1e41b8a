using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace OverlayFuse.Cli;

/// <summary>A list, map or thing that nobody made: null in JSON, while Go's templates print [], map[] or &lt;nil&gt;.</summary>
[JsonConverter(typeof(Nil.Writer))]
internal sealed class Nil
{
    public static readonly Nil List = new("[]");
    public static readonly Nil Map = new("map[]");
    public static readonly Nil Pointer = new("<nil>");

    private Nil(string text) => Text = text;

    /// <summary>As a template prints it.</summary>
    public string Text { get; }

    /// <summary>A value of its own each time: it has one place in one tree.</summary>
    public JsonNode ToNode() => JsonValue.Create(this, AnswersContext.Default.Nil)!;

    /// <summary>Null for any other value.</summary>
    public static Nil? Of(JsonNode? value) => value is JsonValue own && own.TryGetValue<Nil>(out var nil) ? nil : null;

    internal sealed class Writer : JsonConverter<Nil>
    {
        public override Nil Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Nil value, JsonSerializerOptions options) => writer.WriteNullValue();
    }
}
