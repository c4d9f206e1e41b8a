using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OverlayFuse.Cli;

/// <summary>Values as Go's templates print and judge them. Pure.</summary>
internal static partial class GoText
{
    private const int Widest = 1 << 20;

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

    /// <summary>printf: %s, %v, %+v, %d, %t, %q, %x and %%, with a width, a precision, and - and 0.</summary>
    public static string Format(string format, IReadOnlyList<JsonNode?> values)
    {
        var next = 0;
        return Verb().Replace(format, match =>
        {
            var verb = match.Groups["verb"].Value;
            if (verb == "%") return "%";
            if (next == values.Count) return $"%!{verb}(MISSING)";
            return Pad(match, One(verb, values[next++], match.Groups["flags"].Value.Contains('+'), Number(match, "precision", Widest)));
        });
    }

    private static string One(string verb, JsonNode? value, bool isNamed, int most)
    {
        var text = PrintInside(value, isNamed);
        if (verb is "s" or "v" or "q" && text.Length > most) text = text[..most];
        return verb switch
        {
            "s" or "v" => text,
            "d" when isNamed && value?.GetValueKind() == JsonValueKind.Number && !text.StartsWith('-') => "+" + text,
            "d" or "t" when value?.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => text,
            "q" => JsonText.OneLine(text),
            "x" when long.TryParse(text, CultureInfo.InvariantCulture, out var number) && value?.GetValueKind() == JsonValueKind.Number => number.ToString("x", CultureInfo.InvariantCulture),
            "x" => Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text)),
            _ => $"%!{verb}({text})",
        };
    }

    private static string Pad(Match match, string text)
    {
        var (flags, width) = (match.Groups["flags"].Value, Number(match, "width", 0));
        if (flags.Contains('-')) return text.PadRight(width);
        return text.PadLeft(width, flags.Contains('0') ? '0' : ' ');
    }

    private static int Number(Match match, string group, int otherwise) =>
        match.Groups[group].Value is { Length: > 0 } digits && int.TryParse(digits, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, Widest) : otherwise;

    [GeneratedRegex(@"%(?<flags>[-+0]*)(?<width>\d*)(\.(?<precision>\d+))?(?<verb>[a-zA-Z%])", RegexOptions.ExplicitCapture)]
    private static partial Regex Verb();
}
