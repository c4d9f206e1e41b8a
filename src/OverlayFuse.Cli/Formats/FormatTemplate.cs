using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>The part of Go's templates that people use behind --format: fields, functions, pipes, variables, comments, if, with, range, else and end.</summary>
/// <remarks>Go, text/template.</remarks>
internal sealed class FormatTemplate
{
    /// <summary>What inspect and info end with when a template cannot be read.</summary>
    public const int Unreadable = 64;

    private readonly List<FormatPart> _parts;

    private FormatTemplate(List<FormatPart> parts) => _parts = parts;

    /// <param name="refusal">The exit code for one that is broken: docker's verbs do not agree.</param>
    /// <exception cref="RefusedException">It is broken; the message says where.</exception>
    public static FormatTemplate Parse(string text, int refusal = 1)
    {
        try
        {
            return new FormatTemplate(new FormatParser(text).ReadAll());
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

    private static void Render(List<FormatPart> parts, FormatScope scope, StringBuilder output)
    {
        foreach (var part in parts)
        {
            if (part.Text is not null) output.Append(part.Text);
            else if (part.Keyword.Length > 0) scope.Enter(scope.Dot, () => RenderBlock(part, scope, output));
            else if (part.Names is [var name]) scope.Set(name, FormatExpression.Evaluate(part.Words, scope), part.IsNew);
            else output.Append(GoText.Print(FormatExpression.Evaluate(part.Words, scope)));
        }
    }

    private static void RenderBlock(FormatPart part, FormatScope scope, StringBuilder output)
    {
        var result = FormatExpression.Evaluate(part.Words, scope);
        if (part.Keyword == "range")
        {
            Repeat(part, result, scope, output);
            return;
        }
        if (part.Names is [var name]) scope.Set(name, result, part.IsNew);
        var isTrue = GoText.IsTrue(result);
        scope.Enter(isTrue && part.Keyword == "with" ? result : scope.Dot, () => Render(isTrue ? part.Inside : part.Otherwise, scope, output));
    }

    private static void Repeat(FormatPart part, JsonNode? result, FormatScope scope, StringBuilder output)
    {
        var items = Items(result).ToList();
        foreach (var (key, item) in items)
        {
            scope.Enter(item, () =>
            {
                if (part.Names is [.., var last]) scope.Set(last, item, part.IsNew);
                if (part.Names is [var first, _]) scope.Set(first, key, part.IsNew);
                Render(part.Inside, scope, output);
            });
        }
        if (items.Count == 0) Render(part.Otherwise, scope, output);
    }

    private static IEnumerable<(JsonNode? Key, JsonNode? Item)> Items(JsonNode? result) => result switch
    {
        JsonArray array => array.Select((item, index) => ((JsonNode?)index, item)),
        JsonObject members => members.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ((JsonNode?)pair.Key, pair.Value)),
        _ => [],
    };
}
