using System.Text.Json;
using System.Text.Json.Nodes;

namespace OverlayFuse.Container;

/// <summary>JSON that a plugin has said. Its author may have meant another protocol, or nothing good: each member may be missing or of another kind.</summary>
internal static class PluginAnswer
{
    /// <summary>Null where it is no object, or one that cannot be read to its end.</summary>
    public static JsonObject? Parse(string text)
    {
        try
        {
            var answer = JsonNode.Parse(text.Trim().Length > 0 ? text : "{}");
            Visit(answer);
            return answer as JsonObject;
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Null where it is no text.</summary>
    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    // Nodes are made when they are asked for: only then are keys found that are there twice (ArgumentException), and halves of a letter (InvalidOperationException).
    private static void Visit(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            foreach (var (_, value) in map) Visit(value);
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list) Visit(item);
        }
        else
        {
            _ = node.Text();
        }
    }
}
