using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>An expression of a template: a path of fields or a function with arguments, and pipes between them.</summary>
internal static class FormatExpression
{
    /// <summary>Words at blanks; quoted text and what stands in parentheses are one.</summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }
            var start = i;
            if (text[i] is '"' or '`') i = Math.Max(text.IndexOf(text[i], i + 1), start) + 1;
            else if (text[i] == '|') i++;
            else
            {
                if (text[i] == '(') i = Closing(text, i) + 1; // fields may follow: (index .List 0).Name
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('|' or '(')) i++;
            }
            words.Add(text[start..i]);
        }
        return words;
    }

    /// <exception cref="RefusedException">There is no such field or function.</exception>
    public static JsonNode? Evaluate(List<string> words, JsonNode? value)
    {
        var pipe = words.IndexOf("|");
        var first = Call(pipe < 0 ? words : words[..pipe], value, []);
        while (pipe >= 0)
        {
            var next = words.IndexOf("|", pipe + 1);
            first = Call(next < 0 ? words[(pipe + 1)..] : words[(pipe + 1)..next], value, [first]);
            pipe = next;
        }
        return first;
    }

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

    /// <summary>A value as Go prints it.</summary>
    public static string Print(JsonNode? value) => value switch
    {
        null => "<no value>",
        JsonArray array => $"[{string.Join(' ', array.Select(Print))}]",
        JsonObject members => $"map[{string.Join(' ', members.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{Print(pair.Value)}"))}]",
        _ => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(),
    };

    private static JsonNode? Call(List<string> words, JsonNode? value, JsonNode?[] piped)
    {
        if (words.Count == 0) throw Broken("an expression is empty");
        if (words is [var only] && piped.Length == 0 && Operand(only, value, out var result)) return result;
        JsonNode?[] arguments = [.. words.Skip(1).Select(word => Operand(word, value, out var argument) ? argument : throw Broken($"function \"{word}\" not defined")), .. piped];
        return (words[0], arguments) switch
        {
            ("json", [var argument]) => JsonText.OneLine(argument),
            ("len", [var argument]) => Length(argument),
            ("index", [var from, .. var keys]) => keys.Aggregate(from, Item),
            ("join", [JsonArray array, var separator]) => string.Join(Print(separator), array.Select(Print)),
            ("upper", [var argument]) => Print(argument).ToUpperInvariant(),
            ("lower", [var argument]) => Print(argument).ToLowerInvariant(),
            ("print", _) => string.Concat(arguments.Select(Print)),
            ("println", _) => string.Join(' ', arguments.Select(Print)) + "\n",
            ("not", [var argument]) => !IsTrue(argument),
            ("eq", [var left, var right]) => Print(left) == Print(right),
            ("ne", [var left, var right]) => Print(left) != Print(right),
            ("and", _) => arguments.FirstOrDefault(argument => !IsTrue(argument), arguments[^1])?.DeepClone(),
            ("or", _) => arguments.FirstOrDefault(IsTrue, arguments[^1])?.DeepClone(),
            _ => throw Broken($"function \"{words[0]}\" not defined, or not with {arguments.Length} arguments"),
        };
    }

    private static bool Operand(string word, JsonNode? value, out JsonNode? result)
    {
        result = null;
        if (word.StartsWith('.')) result = Field(word, value);
        else if (word is ['"', .., '"'] or ['`', .., '`']) result = word[1..^1];
        else if (word.StartsWith('(') && Closing(word, 0) is var close) result = Field(word[(close + 1)..], Evaluate(Split(word[1..close]), value));
        else if (long.TryParse(word, CultureInfo.InvariantCulture, out var number)) result = number;
        else if (word is "true" or "false") result = word == "true";
        else return false;
        return true;
    }

    private static JsonNode? Field(string path, JsonNode? value)
    {
        foreach (var name in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (value is not JsonObject members) throw Broken($"there is nothing in which to look for \"{name}\" of {path}");
            if (!members.TryGetPropertyValue(name, out value)) throw Broken($"map has no entry for key \"{name}\"");
        }
        return value;
    }

    private static JsonNode? Item(JsonNode? from, JsonNode? key) => from switch
    {
        JsonObject members => members.TryGetPropertyValue(Print(key), out var member) ? member : null,
        JsonArray array when int.TryParse(Print(key), out var at) && at >= 0 && at < array.Count => array[at],
        _ => throw Broken($"there is no index {Print(key)}"),
    };

    private static JsonNode Length(JsonNode? value) => value switch
    {
        JsonArray array => array.Count,
        JsonObject members => members.Count,
        _ => Print(value).Length,
    };

    private static int Closing(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            if (text[i] == '(') depth++;
            if (text[i] == ')' && --depth == 0) return i;
        }
        throw Broken("a parenthesis is not closed");
    }

    private static RefusedException Broken(string how) => new($"template parsing error: {how}.");
}
