using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>The functions of templates: Go's but for "call", and those that docker adds. Pure.</summary>
/// <remarks>Go, text/template, "Functions"; docker/cli, templates/templates.go.</remarks>
internal static class FormatFunctions
{
    private static readonly string[] Names =
    [
        "and", "eq", "ge", "gt", "html", "index", "join", "js", "json", "le", "len", "lower", "lt", "ne", "not", "or", "pad", "print", "printf", "println",
        "slice", "split", "title", "truncate", "upper", "urlquery",
    ];

    public static bool Has(string name) => Names.Contains(name);

    /// <exception cref="RefusedException">There is no such function, or it takes other arguments.</exception>
    public static JsonNode? Call(string name, JsonNode?[] arguments) => (name, arguments) switch
    {
        ("json", [var value]) => JsonText.OneLine(value),
        ("len", [var value]) => Length(value),
        ("index", [var from, .. var keys]) => keys.Aggregate(from, Item),
        ("slice", [var from, .. var bounds]) when bounds.Length < 4 => Slice(from, bounds),
        ("split", [var text, var separator]) => new JsonArray([.. GoText.Print(text).Split(GoText.Print(separator)).Select(piece => JsonValue.Create(piece))]),
        ("join", [var list, var separator]) => string.Join(GoText.Print(separator), (list as JsonArray ?? []).Select(GoText.Print)),
        ("upper", [var text]) => GoText.Print(text).ToUpperInvariant(),
        ("lower", [var text]) => GoText.Print(text).ToLowerInvariant(),
        ("title", [var text]) => Title(GoText.Print(text)),
        ("truncate", [var text, var most]) => Start(GoText.Print(text), Number(most)),
        ("pad", [var text, var before, var behind]) => GoText.Print(text) is { Length: > 0 } padded ? new string(' ', Number(before)) + padded + new string(' ', Number(behind)) : "",
        ("print", _) => Together(arguments),
        ("println", _) => string.Join(' ', arguments.Select(value => GoText.PrintInside(value))) + "\n",
        ("printf", [var format, .. var values]) => GoPrintf.Format(GoText.Print(format), values),
        ("html", _) => Escaping.Html(Together(arguments)),
        ("js", _) => Escaping.JavaScript(Together(arguments)),
        ("urlquery", _) => Escaping.Query(Together(arguments)),
        ("not", [var value]) => !GoText.IsTrue(value),
        ("and", [_, ..]) => arguments.FirstOrDefault(value => !GoText.IsTrue(value), arguments[^1]),
        ("or", [_, ..]) => arguments.FirstOrDefault(GoText.IsTrue, arguments[^1]),
        ("eq", [var value, .. { Length: > 0 } others]) => others.Any(other => AreEqual(value, other)),
        ("ne", [var left, var right]) => !AreEqual(left, right),
        ("lt", [var left, var right]) => Compare(left, right) < 0,
        ("le", [var left, var right]) => Compare(left, right) <= 0,
        ("gt", [var left, var right]) => Compare(left, right) > 0,
        ("ge", [var left, var right]) => Compare(left, right) >= 0,
        _ when Has(name) => throw FormatTemplate.Broken($"wrong number of args for {name}: got {arguments.Length}"),
        _ => throw FormatTemplate.Broken($"function \"{name}\" not defined"),
    };

    private static bool AreEqual(JsonNode? left, JsonNode? right) => Kind(left) is { } one && Kind(right) is { } other && one != other
        ? throw FormatTemplate.Broken("incompatible types for comparison")
        : GoText.Print(left) == GoText.Print(right);

    // Null for what can be compared with anything, such as nothing.
    private static string? Kind(JsonNode? value) => value is JsonValue && Nil.Of(value) is null
        ? value.GetValueKind() switch { JsonValueKind.Number => "number", JsonValueKind.String => "string", _ => "bool" }
        : null;

    private static int Compare(JsonNode? left, JsonNode? right) => (Kind(left), Kind(right)) switch
    {
        ("number", "number") => Decimal(left!).CompareTo(Decimal(right!)),
        ("string", "string") => string.CompareOrdinal(GoText.Print(left), GoText.Print(right)),
        _ => throw FormatTemplate.Broken("incompatible types for comparison"),
    };

    private static double Decimal(JsonNode number) => double.Parse(number.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static int Number(JsonNode? value) =>
        int.TryParse(GoText.Print(value), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1 << 20
            ? number
            : throw FormatTemplate.Broken($"{GoText.Print(value)} is not a valid number of letters");

    // A blank stands between two of which neither is text.
    private static string Together(JsonNode?[] values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0 && Kind(values[i - 1]) != "string" && Kind(values[i]) != "string") text.Append(' ');
            text.Append(GoText.PrintInside(values[i]));
        }
        return text.ToString();
    }

    // A key that a map lacks has the value of nothing, as Go has it.
    private static JsonNode? Item(JsonNode? from, JsonNode? key) => from switch
    {
        JsonObject members => members.TryGetPropertyValue(GoText.Print(key), out var member) ? member : "",
        JsonArray array when IsIndex(key, array.Count, out var at) => array[at],
        _ when Nil.Of(from) == Nil.Map => "",
        _ when Kind(from) == "string" && Encoding.UTF8.GetBytes(GoText.Print(from)) is var bytes && IsIndex(key, bytes.Length, out var at) => bytes[at],
        _ => throw FormatTemplate.Broken($"error calling index: index out of range: {GoText.Print(key)}"),
    };

    private static bool IsIndex(JsonNode? key, int count, out int at) => int.TryParse(GoText.Print(key), CultureInfo.InvariantCulture, out at) && at >= 0 && at < count;

    private static JsonNode Length(JsonNode? value) => value switch
    {
        JsonArray array => array.Count,
        JsonObject members => members.Count,
        _ when Nil.Of(value) is not null => 0,
        _ when Kind(value) == "string" => Encoding.UTF8.GetByteCount(GoText.Print(value)),
        _ => throw FormatTemplate.Broken($"error calling len: {GoText.Print(value)} has no length"),
    };

    // Of a text, bytes.
    private static JsonNode Slice(JsonNode? from, JsonNode?[] bounds)
    {
        var length = (int)Length(from);
        var first = bounds.Length > 0 ? Number(bounds[0]) : 0;
        var end = bounds.Length > 1 ? Number(bounds[1]) : length;
        if (first > end || end > length) throw FormatTemplate.Broken($"index out of range: {Math.Max(first, end)}");
        if (from is JsonArray array) return new JsonArray([.. array.Skip(first).Take(end - first).Select(item => item?.DeepClone())]);
        return bounds.Length < 3 ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(GoText.Print(from)), first, end - first) : throw FormatTemplate.Broken("cannot 3-index slice a string");
    }

    private static string Start(string text, int most) => text.Length > most ? text[..most] : text;

    private static string Title(string text) => string.Concat(text.Select((letter, i) => i == 0 || char.IsWhiteSpace(text[i - 1]) ? char.ToUpperInvariant(letter) : letter));
}
