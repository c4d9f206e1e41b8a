using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Go's templates behind --format: fields, functions, pipes, variables, comments, if, with, range, break, continue, else, define, template, block and end.</summary>
/// <remarks>Go, text/template.</remarks>
internal sealed class FormatTemplate
{
    /// <summary>What inspect and info end with when a template cannot be read.</summary>
    public const int Unreadable = 64;

    private const int Longest = 16 << 20; // letters, of a text and of all of them: far more than anybody reads

    private readonly List<FormatPart> _parts;
    private readonly IReadOnlyDictionary<string, List<FormatPart>> _defined;

    private FormatTemplate(FormatParser parser)
    {
        _parts = parser.ReadAll();
        _defined = parser.Defined;
    }

    /// <param name="refusal">The exit code for one that is broken: docker's verbs do not agree.</param>
    /// <exception cref="RefusedException">It is broken; the message says where.</exception>
    public static FormatTemplate Parse(string text, int refusal = 1)
    {
        try
        {
            return new FormatTemplate(new FormatParser(text));
        }
        catch (RefusedException e)
        {
            throw new RefusedException(e.Message, refusal);
        }
    }

    /// <exception cref="RefusedException">A field, variable or function is not there, or gets what it cannot take.</exception>
    public string Render(JsonNode? value)
    {
        var output = new StringBuilder();
        Render(_parts, new FormatScope(value), output);
        return output.ToString();
    }

    internal static RefusedException Broken(string how) => new($"template parsing error: {how}.");

    /// <summary>A text that doubles in a loop would take all memory there is, and end the process without a word.</summary>
    internal static JsonNode? WithinLimit(JsonNode? value) =>
        value is JsonValue text && text.TryGetValue(out string? letters) && letters.Length > Longest ? throw Broken($"a text of more than {Longest} letters") : value;

    /// <summary>Before each step inside: a stack that is used up ends a process without a word.</summary>
    internal static void CheckDepth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Broken("exceeded maximum template depth");
    }

    /// <returns>"break" or "continue", for the range that is around; or nothing.</returns>
    private string Render(List<FormatPart> parts, FormatScope scope, StringBuilder output)
    {
        CheckDepth();
        foreach (var part in parts)
        {
            var left = "";
            if (part.Text is not null) output.Append(part.Text);
            else if (part.Keyword is "break" or "continue") left = part.Keyword;
            else if (part.Keyword == "template") RenderDefined(part, scope, output);
            else if (part.Keyword.Length > 0) left = scope.Enter(scope.Dot, () => RenderBlock(part, scope, output));
            else if (part.Names is [var name]) scope.Set(name, FormatExpression.Evaluate(part.Words, scope), part.IsNew);
            else output.Append(GoText.Print(FormatExpression.Evaluate(part.Words, scope)));
            if (output.Length > Longest) throw Broken($"more than {Longest} letters to print");
            if (left.Length > 0) return left;
        }
        return "";
    }

    // It knows nothing of the variables around.
    private void RenderDefined(FormatPart part, FormatScope scope, StringBuilder output)
    {
        if (!_defined.TryGetValue(part.Template, out var parts)) throw Broken($"template \"{part.Template}\" not defined");
        Render(parts, new FormatScope(part.Words.Count > 0 ? FormatExpression.Evaluate(part.Words, scope) : null), output);
    }

    private string RenderBlock(FormatPart part, FormatScope scope, StringBuilder output)
    {
        var result = FormatExpression.Evaluate(part.Words, scope);
        if (part.Keyword == "range") return Repeat(part, result, scope, output);
        if (part.Names is [var name]) scope.Set(name, result, part.IsNew);
        var isTrue = GoText.IsTrue(result);
        return scope.Enter(isTrue && part.Keyword == "with" ? result : scope.Dot, () => Render(isTrue ? part.Inside : part.Otherwise, scope, output));
    }

    private string Repeat(FormatPart part, JsonNode? result, FormatScope scope, StringBuilder output)
    {
        var items = Items(result).ToList();
        foreach (var (key, item) in items)
        {
            var left = scope.Enter(item, () =>
            {
                if (part.Names is [.., var last]) scope.Set(last, item, part.IsNew);
                if (part.Names is [var first, _]) scope.Set(first, key, part.IsNew);
                return Render(part.Inside, scope, output);
            });
            if (left == "break") break;
        }
        return items.Count == 0 ? Render(part.Otherwise, scope, output) : "";
    }

    private static IEnumerable<(JsonNode? Key, JsonNode? Item)> Items(JsonNode? result) => result switch
    {
        null => [],
        JsonArray array => array.Select((item, index) => ((JsonNode?)index, item)),
        JsonObject members => members.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ((JsonNode?)pair.Key, pair.Value)),
        _ when Nil.Of(result) is not null => [],
        _ => throw Broken($"range can't iterate over {GoText.Print(result)}"),
    };
}
