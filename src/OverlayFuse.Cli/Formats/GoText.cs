using System.Text.Json;
using System.Text.Json.Nodes;

namespace OverlayFuse.Cli;

/// <summary>Values as Go's templates print and judge them. Pure.</summary>
internal static class GoText
{
    public static bool IsTrue(JsonNode? value) => value switch
    {
        null => false,
        JsonArray array => array.Count > 0,
        JsonObject members => members.Count > 0,
        _ => value.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.String => value.GetValue<string>().Length > 0,
            JsonValueKind.Number => value.ToJsonString() != "0",
            _ => false,
        },
    };

    /// <summary>As a template prints what an expression gives.</summary>
    public static string Print(JsonNode? value) => Print(value, isNamed: false);

    /// <summary>As %v has it, or with <paramref name="isNamed"/> %+v, what lies in a list, a map or a struct, and what a function gets: where it is behind a pointer, that is seen.</summary>
    public static string PrintInside(JsonNode? value, bool isNamed = false) => value is null ? Nil.Pointer.Text : (GoStruct.IsPointer(value) ? "&" : "") + Print(value, isNamed);

    private static string Print(JsonNode? value, bool isNamed) => value switch
    {
        null => "<no value>",
        JsonArray array => $"[{string.Join(' ', array.Select(item => PrintInside(item, isNamed)))}]",
        JsonObject members when LeftOut.IsMap(members) =>
            $"map[{string.Join(' ', members.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{PrintInside(pair.Value, isNamed)}"))}]",
        JsonObject members => GoStruct.Print(members, isNamed),
        _ when Nil.Of(value) is { } nil => nil.Text,
        _ when value.GetValueKind() == JsonValueKind.String => IsTime(value) ? GoTime.OfTemplate(value.GetValue<string>()) : value.GetValue<string>(),
        _ => value.ToJsonString(),
    };

    // All other times are texts in Go, too.
    private static bool IsTime(JsonNode value) => value.Parent is JsonObject && value.GetPropertyName() == "LastTagTime";
}
