using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OverlayFuse.Cli;

/// <summary>JSON as docker prints it: four blanks a level for people, none in one line.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, IndentSize = 4 };

    public static string OneLine(JsonNode? node) => Write(node, Compact);

    public static string Pretty(JsonNode? node) => Write(node, Indented) + "\n";

    private static string Write(JsonNode? node, JsonWriterOptions options)
    {
        if (node is null) return "null";
        var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, options)) node.WriteTo(writer);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
