using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>The functions of templates: Go's, and those that docker adds. Pure.</summary>
/// <remarks>Go, text/template, "Functions"; docker/cli, templates/templates.go.</remarks>
internal static class FormatFunctions
{
    /// <exception cref="RefusedException">There is no such function, or it takes other arguments.</exception>
    public static JsonNode? Call(string name, JsonNode?[] arguments) => (name, arguments) switch
    {
        ("json", [var value]) => JsonText.OneLine(value),
        ("len", [var value]) => Length(value),
        ("index", [var from, .. var keys]) => keys.Aggregate(from, Item),
        ("slice", [var from, .. var bounds]) when bounds.Length < 3 => Slice(from, bounds),
        ("split", [var text, var separator]) => new JsonArray([.. GoText.Print(text).Split(GoText.Print(separator)).Select(piece => JsonValue.Create(piece))]),
        ("join", [var list, var separator]) => string.Join(GoText.Print(separator), (list as JsonArray ?? []).Select(GoText.Print)),
        ("upper", [var text]) => GoText.Print(text).ToUpperInvariant(),
        ("lower", [var text]) => GoText.Print(text).ToLowerInvariant(),
        ("title", [var text]) => Title(GoText.Print(text)),
        ("truncate", [var text, var most]) => Start(GoText.Print(text), Number(most)),
        ("pad", [var text, var before, var behind]) => GoText.Print(text) is { Length: > 0 } padded ? new string(' ', Number(before)) + padded + new string(' ', Number(behind)) : "",
        ("print", _) => string.Concat(arguments.Select(value => GoText.PrintInside(value))),
        ("println", _) => string.Join(' ', arguments.Select(value => GoText.PrintInside(value))) + "\n",
        ("printf", [var format, .. var values]) => GoText.Format(GoText.Print(format), values),
        ("not", [var value]) => !GoText.IsTrue(value),
        ("and", [_, ..]) => arguments.FirstOrDefault(value => !GoText.IsTrue(value), arguments[^1]),
        ("or", [_, ..]) => arguments.FirstOrDefault(GoText.IsTrue, arguments[^1]),
        ("eq", [var value, .. { Length: > 0 } others]) => others.Any(other => AreEqual(value, other)),
        ("ne", [var left, var right]) => !AreEqual(left, right),
        ("lt", [var left, var right]) => Compare(left, right) < 0,
        ("le", [var left, var right]) => Compare(left, right) <= 0,
        ("gt", [var left, var right]) => Compare(left, right) > 0,
        ("ge", [var left, var right]) => Compare(left, right) >= 0,
        _ => throw FormatTemplate.Broken($"function \"{name}\" not defined, or not with {arguments.Length} arguments"),
    };

    private static bool AreEqual(JsonNode? left, JsonNode? right) => GoText.Print(left) == GoText.Print(right);

    private static int Compare(JsonNode? left, JsonNode? right) => (left?.GetValueKind(), right?.GetValueKind()) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => Decimal(left!).CompareTo(Decimal(right!)),
        (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(GoText.Print(left), GoText.Print(right)),
        _ => throw FormatTemplate.Broken("incompatible types for comparison"),
    };

    private static decimal Decimal(JsonNode number) => decimal.Parse(number.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static int Number(JsonNode? value) =>
        int.TryParse(GoText.Print(value), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1 << 20
            ? number
            : throw FormatTemplate.Broken($"{GoText.Print(value)} is no number of letters");

    // A key that a map lacks has the value of nothing, as Go has it.
    private static JsonNode? Item(JsonNode? from, JsonNode? key) => from switch
    {
        JsonObject members => members.TryGetPropertyValue(GoText.Print(key), out var member) ? member : "",
        JsonArray array when int.TryParse(GoText.Print(key), CultureInfo.InvariantCulture, out var at) && at >= 0 && at < array.Count => array[at],
        _ when Nil.Of(from) == Nil.Map => "",
        _ => throw FormatTemplate.Broken($"there is no index {GoText.Print(key)}"),
    };

    private static JsonNode Length(JsonNode? value) => value switch
    {
        JsonArray array => array.Count,
        JsonObject members => members.Count,
        _ when Nil.Of(value) is not null => 0,
        _ => GoText.Print(value).Length,
    };

    private static JsonNode Slice(JsonNode? from, JsonNode?[] bounds)
    {
        var length = (int)Length(from);
        var first = bounds.Length > 0 ? Number(bounds[0]) : 0;
        var end = bounds.Length > 1 ? Number(bounds[1]) : length;
        if (first > end || end > length) throw FormatTemplate.Broken($"index out of range: {Math.Max(first, end)}");
        return from is JsonArray array ? new JsonArray([.. array.Skip(first).Take(end - first).Select(item => item?.DeepClone())]) : GoText.Print(from)[first..end];
    }

    private static string Start(string text, int most) => text.Length > most ? text[..most] : text;

    private static string Title(string text) => string.Concat(text.Select((letter, i) => i == 0 || char.IsWhiteSpace(text[i - 1]) ? char.ToUpperInvariant(letter) : letter));
}
