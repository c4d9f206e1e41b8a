using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>The part of Go's templates that people use behind --format: fields, functions, pipes, if, range and end.</summary>
internal sealed class FormatTemplate
{
    private readonly List<FormatPart> _parts;

    private FormatTemplate(List<FormatPart> parts) => _parts = parts;

    /// <exception cref="RefusedException">It is broken; the message says where.</exception>
    public static FormatTemplate Parse(string text)
    {
        var position = 0;
        var parts = ReadBlock(text, ref position, out var end);
        return end is null ? new FormatTemplate(parts) : throw Broken(text, $"\"{end}\" stands alone");
    }

    public string Render(JsonNode? value)
    {
        var output = new StringBuilder();
        Render(_parts, value, output);
        return output.ToString();
    }

    private static void Render(List<FormatPart> parts, JsonNode? value, StringBuilder output)
    {
        foreach (var part in parts)
        {
            if (part.Text is not null)
            {
                output.Append(part.Text);
                continue;
            }
            var result = FormatExpression.Evaluate(part.Words, value);
            switch (part.Keyword)
            {
                case "if": Render(FormatExpression.IsTrue(result) ? part.Inside : part.Otherwise, value, output); break;
                case "with" when FormatExpression.IsTrue(result): Render(part.Inside, result, output); break;
                case "with": Render(part.Otherwise, value, output); break;
                case "range": Repeat(part, result, value, output); break;
                default: output.Append(FormatExpression.Print(result)); break;
            }
        }
    }

    private static void Repeat(FormatPart part, JsonNode? result, JsonNode? value, StringBuilder output)
    {
        var items = result switch
        {
            JsonArray array => [.. array],
            JsonObject members => members.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value).ToList(),
            _ => [],
        };
        foreach (var item in items) Render(part.Inside, item, output);
        if (items.Count == 0) Render(part.Otherwise, value, output);
    }

    private static List<FormatPart> ReadBlock(string text, ref int position, out string? end)
    {
        var parts = new List<FormatPart>();
        end = null;
        while (position < text.Length)
        {
            var open = text.IndexOf("{{", position, StringComparison.Ordinal);
            if (open < 0) open = text.Length;
            if (open > position) parts.Add(new FormatPart { Text = Unescape(text[position..open]) });
            if (open == text.Length)
            {
                position = open;
                break;
            }
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0) throw Broken(text, "a \"{{\" is not closed");
            position = close + 2;
            var words = FormatExpression.Split(text[(open + 2)..close].Trim('-').Trim());
            if (words is ["end" or "else"])
            {
                end = words[0];
                return parts;
            }
            parts.Add(words is ["if" or "range" or "with", ..] ? ReadInside(text, words, ref position) : new FormatPart { Words = words });
        }
        return parts;
    }

    private static FormatPart ReadInside(string text, List<string> words, ref int position)
    {
        var inside = ReadBlock(text, ref position, out var end);
        var otherwise = new List<FormatPart>();
        if (end == "else") otherwise = ReadBlock(text, ref position, out end);
        if (end != "end") throw Broken(text, $"\"{words[0]}\" has no end");
        return new FormatPart { Keyword = words[0], Words = words[1..], Inside = inside, Otherwise = otherwise };
    }

    // The shell leaves \n and \t as they are written.
    private static string Unescape(string text) => text.Replace("\\n", "\n").Replace("\\t", "\t");

    private static RefusedException Broken(string text, string how) => new($"template parsing error in \"{text}\": {how}.");
}
