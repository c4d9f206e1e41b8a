using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>An expression of a template: a path of fields or a function with arguments, and pipes between them.</summary>
internal static class FormatExpression
{
    /// <exception cref="RefusedException">There is no such field, variable or function.</exception>
    public static JsonNode? Evaluate(List<string> words, FormatScope scope)
    {
        FormatTemplate.CheckDepth();
        var pipe = words.IndexOf("|");
        var result = Call(pipe < 0 ? words : words[..pipe], scope, []);
        while (pipe >= 0)
        {
            var next = words.IndexOf("|", pipe + 1);
            result = Call(next < 0 ? words[(pipe + 1)..] : words[(pipe + 1)..next], scope, [result]);
            pipe = next;
        }
        return result;
    }

    private static JsonNode? Call(List<string> words, FormatScope scope, JsonNode?[] piped)
    {
        if (words.Count == 0) throw FormatTemplate.Broken("an expression is empty");
        if (words[0] == "nil") throw FormatTemplate.Broken("nil is not a command");
        if (words is [var only] && piped.Length == 0 && TryValue(only, scope, out var result)) return result;
        if (words is ["and" or "or", .. var conditions] && piped.Length == 0) return FirstThatDecides(words[0] == "or", conditions, scope);
        JsonNode?[] arguments = [.. words.Skip(1).Select(word => Value(word, scope)), .. piped];
        return words[0] == ".Label" ? Label(scope.Dot, arguments) : FormatTemplate.WithinLimit(FormatFunctions.Call(words[0], arguments));
    }

    // Those behind it are not looked at: {{and .State .State.Pid}}.
    private static JsonNode? FirstThatDecides(bool truth, IReadOnlyList<string> words, FormatScope scope)
    {
        var value = words.Count > 0 ? Value(words[0], scope) : throw FormatTemplate.Broken("wrong number of args for and, or: they need at least one");
        for (var i = 1; i < words.Count && GoText.IsTrue(value) != truth; i++) value = Value(words[i], scope);
        return value;
    }

    private static JsonNode? Value(string word, FormatScope scope) => TryValue(word, scope, out var value) ? value : FormatFunctions.Call(word, []);

    private static bool TryValue(string word, FormatScope scope, out JsonNode? value)
    {
        value = null;
        if (word.StartsWith('.')) value = Field(word, scope.Dot);
        else if (word.StartsWith('$')) value = word.IndexOf('.') is var dot and > 0 ? Field(word[dot..], scope.Get(word[..dot])) : scope.Get(word);
        else if (FormatWords.Quoted(word) is { } text) value = text;
        else if (word.StartsWith('(') && FormatWords.EndOfParenthesis(word, 0) is var end) value = Field(word[end..], Evaluate(FormatWords.Split(word[1..(end - 1)]), scope));
        else if (Number(word) is { } number) value = number;
        else if (word is "true" or "false") value = word == "true";
        else return word == "nil";
        return true;
    }

    // 7, -7, 1_000, 0x1f, 1.5, 1e3, and 'a' for its code.
    private static JsonNode? Number(string word)
    {
        if (word is ['\'', _, '\'']) return (long)word[1];
        var digits = word.Replace("_", "");
        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) return long.TryParse(digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex) ? hex : null;
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        if (!char.IsDigit(word[0]) && word is not ['-' or '+', ..]) return null;
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var broken) && double.IsFinite(broken) ? broken : null;
    }

    private static JsonNode? Field(string path, JsonNode? value)
    {
        foreach (var name in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Nil.Of(value) == Nil.Map) value = null; // it has no such key, as it has none
            else if (value is not JsonObject members) throw FormatTemplate.Broken($"there is nothing in which to look for \"{name}\" of {path}");
            else if (!members.TryGetPropertyValue(name, out value) && !LeftOut.TryGet(members, name, out value)) throw FormatTemplate.Broken($"map has no entry for key \"{name}\"");
        }
        return value;
    }

    // "NAME=VALUE,..." as lists have it. A comma in a value cannot be told from one between two labels.
    private static JsonNode Label(JsonNode? row, JsonNode?[] arguments)
    {
        if (arguments is not [var name]) throw FormatTemplate.Broken("wrong number of args for Label: it takes the name of one");
        var start = GoText.Print(name) + "=";
        return GoText.Print(Field("Labels", row)).Split(',').FirstOrDefault(label => label.StartsWith(start, StringComparison.Ordinal))?[start.Length..] ?? "";
    }
}
