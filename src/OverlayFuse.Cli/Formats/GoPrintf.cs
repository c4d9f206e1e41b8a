using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OverlayFuse.Cli;

/// <summary>Go's printf: its verbs with flags, width and precision, and its words for what does not fit a verb. Pure.</summary>
/// <remarks>Go, fmt.</remarks>
internal static partial class GoPrintf
{
    private const int Widest = 1 << 20;

    public static string Format(string format, IReadOnlyList<JsonNode?> values)
    {
        var next = 0;
        var text = Verb().Replace(format, match =>
        {
            var verb = match.Groups["verb"].Value;
            if (verb == "%") return "%";
            var width = match.Groups["width"].Value == "*" ? next < values.Count ? GoText.Print(values[next++]) : "" : match.Groups["width"].Value;
            if (next == values.Count) return $"%!{verb}(MISSING)";
            return Pad(match.Groups["flags"].Value, Number(width, 0), One(verb, values[next++], match.Groups["flags"].Value, match.Groups["precision"].Value));
        });
        return next == values.Count ? text : $"{text}%!(EXTRA {string.Join(", ", values.Skip(next).Select(value => $"{Kind(value)}={GoText.PrintInside(value)}"))})";
    }

    private static string One(string verb, JsonNode? value, string flags, string precision) => (verb, value) switch
    {
        ("v", _) => Cut(GoText.PrintInside(value, flags.Contains('+')), value, precision),
        ("T", _) => Kind(value),
        (_, JsonArray list) => $"[{string.Join(' ', list.Select(item => One(verb, item, flags, precision)))}]",
        (_, JsonObject) => GoText.PrintInside(value),
        _ => Leaf(verb, value, flags, precision) ?? $"%!{verb}({(Kind(value) == Nil.Pointer.Text ? "" : Kind(value) + "=")}{GoText.PrintInside(value)})",
    };

    private static string? Leaf(string verb, JsonNode? value, string flags, string precision) => (Kind(value), verb) switch
    {
        ("string", "s") => Cut(GoText.Print(value), value, precision),
        ("string", "q") => JsonText.OneLine(Cut(GoText.Print(value), value, precision)),
        ("string", "x") => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(GoText.Print(value))),
        ("string", "X") => Convert.ToHexString(Encoding.UTF8.GetBytes(GoText.Print(value))),
        ("bool", "t") => GoText.Print(value),
        ("int", _) => Integer(verb, long.Parse(GoText.Print(value), CultureInfo.InvariantCulture), flags),
        ("float64", "f" or "F" or "e" or "E" or "g" or "G") => Signed(Float(verb, double.Parse(GoText.Print(value), CultureInfo.InvariantCulture), precision), flags),
        _ => null,
    };

    private static string? Integer(string verb, long number, string flags) => verb switch
    {
        "d" => Signed(number.ToString(CultureInfo.InvariantCulture), flags),
        "x" => Signed(number < 0 ? $"-{-number:x}" : $"{number:x}", flags),
        "X" => Signed(number < 0 ? $"-{-number:X}" : $"{number:X}", flags),
        "o" => Convert.ToString(number, 8),
        "b" => Convert.ToString(number, 2),
        "c" => Letter(number),
        "q" => $"'{Letter(number)}'",
        "U" => $"U+{number:X4}",
        _ => null,
    };

    private static string Letter(long number) => Rune.IsValid((int)Math.Clamp(number, -1, int.MaxValue)) ? new Rune((int)number).ToString() : "\ufffd";

    private static string Float(string verb, double number, string precision)
    {
        var digits = Math.Min(Number(precision, 6), 100);
        return verb switch
        {
            "f" or "F" => number.ToString($"F{digits}", CultureInfo.InvariantCulture),
            "e" or "E" => number.ToString($"0.{new string('0', digits)}{verb}+00", CultureInfo.InvariantCulture),
            _ => number.ToString(precision.Length > 0 ? $"G{digits}" : "R", CultureInfo.InvariantCulture),
        };
    }

    private static string Signed(string number, string flags) => number.StartsWith('-') ? number : flags.Contains('+') ? "+" + number : flags.Contains(' ') ? " " + number : number;

    private static string Cut(string text, JsonNode? value, string precision) => Kind(value) == "string" && Number(precision, Widest) is var most && text.Length > most ? text[..most] : text;

    // Of a number that docker has as another kind of integer, too: JSON does not tell.
    private static string Kind(JsonNode? value) => value switch
    {
        null => Nil.Pointer.Text,
        JsonArray => "[]interface {}",
        JsonObject => "struct",
        _ when Nil.Of(value) is { } nil => nil.Text,
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out _) ? "int" : "float64",
            _ => "bool",
        },
    };

    // Zeros stand behind a sign.
    private static string Pad(string flags, int width, string text)
    {
        if (flags.Contains('-')) return text.PadRight(width);
        if (!flags.Contains('0')) return text.PadLeft(width);
        var sign = text is ['-' or '+' or ' ', ..] ? text[..1] : "";
        return sign + text[sign.Length..].PadLeft(width - sign.Length < 0 ? 0 : width - sign.Length, '0');
    }

    private static int Number(string digits, int otherwise) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, Widest) : otherwise;

    [GeneratedRegex(@"%(?<flags>[-+#0 ]*)(?<width>\*|\d*)(\.(?<precision>\d*))?(?<verb>[a-zA-Z%])", RegexOptions.ExplicitCapture)]
    private static partial Regex Verb();
}
