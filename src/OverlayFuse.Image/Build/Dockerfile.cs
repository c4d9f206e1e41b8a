using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OverlayFuse.Image;

/// <summary>A Dockerfile, read: instructions in their order. Pure.</summary>
/// <remarks>Dockerfile reference, "Format", "Parser directives", "escape".</remarks>
public sealed partial record Dockerfile(IReadOnlyList<Instruction> Instructions, char Escape)
{
    private static readonly string[] Known =
        ["ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"];

    private static readonly char[] Blanks = [' ', '\t'];

    /// <exception cref="RefusedException">The message names the line.</exception>
    public static Dockerfile Parse(string text)
    {
        var lines = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        var escape = EscapeOf(lines);
        var instructions = new List<Instruction>();
        var logical = new StringBuilder();
        var start = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            var trimmed = line.Trim();
            if (trimmed.StartsWith('#') || trimmed.Length == 0) // also between continued lines
            {
                if (i < lines.Length - 1 || logical.Length == 0) continue;
            }
            if (logical.Length == 0) start = i + 1;
            var rest = line.TrimEnd(Blanks);
            var continues = rest.EndsWith(escape) && !trimmed.StartsWith('#');
            logical.Append(logical.Length == 0 ? (continues ? rest[..^1] : line).TrimStart() : continues ? rest[..^1] : line);
            if (continues && i < lines.Length - 1) continue;
            instructions.Add(WithDocuments(Read(logical.ToString().Trim(), start), escape, lines, ref i));
            logical.Clear();
        }
        if (logical.Length > 0) instructions.Add(Read(logical.ToString().Trim(), start));
        if (instructions.Count == 0) throw new RefusedException("file with no instructions.");
        return new Dockerfile(instructions, escape);
    }

    /// <summary>Whether a stage has this name, or this number, from 0.</summary>
    public bool HasStage(string target) =>
        Instructions.Where(instruction => instruction.Keyword == "FROM").Select(instruction => instruction.Text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
            .Where((words, i) => (words is [_, _, var name] && name.Equals(target, StringComparison.OrdinalIgnoreCase)) || target == i.ToString(CultureInfo.InvariantCulture)).Any();

    // Directives stand before everything else, comments included.
    private static char EscapeOf(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var match = Directive().Match(line);
            if (!match.Success) break;
            if (!match.Groups["name"].Value.Equals("escape", StringComparison.OrdinalIgnoreCase)) continue;
            return match.Groups["value"].Value is "\\" or "`" ? match.Groups["value"].Value[0] : throw new RefusedException($"invalid ESCAPE '{match.Groups["value"].Value}'. Must be ` or \\.");
        }
        return '\\';
    }

    private static Instruction Read(string text, int line)
    {
        var parts = text.Split(Blanks, 2, StringSplitOptions.TrimEntries);
        var keyword = parts[0].ToUpperInvariant();
        var rest = parts.Length > 1 ? parts[1] : "";
        if (!Known.Contains(keyword)) throw new RefusedException($"line {line}: unknown instruction: {keyword}");
        if (rest.Length == 0) throw new RefusedException($"line {line}: {keyword} requires at least one argument");
        var flags = new List<(string, string)>();
        while (keyword is "ADD" or "COPY" or "FROM" or "HEALTHCHECK" or "RUN" && rest.StartsWith("--", StringComparison.Ordinal))
        {
            var words = rest.Split(Blanks, 2, StringSplitOptions.TrimEntries);
            var at = words[0].IndexOf('=');
            flags.Add(at < 0 ? (words[0][2..], "") : (words[0][2..at], words[0][(at + 1)..]));
            rest = words.Length > 1 ? words[1] : "";
        }
        return new Instruction(line, keyword, flags, rest);
    }

    private static Instruction WithDocuments(Instruction instruction, char escape, string[] lines, ref int at)
    {
        if (instruction.Keyword is not ("RUN" or "COPY" or "ADD")) return instruction;
        var documents = new List<HereDocument>();
        foreach (var opened in new ShellWords(_ => null, escape).Split(instruction.Text).Select(HereDocument.TryParse).OfType<HereDocument>())
            documents.Add(opened.Take(lines, ref at) ?? throw new RefusedException($"line {instruction.Line}: unterminated heredoc: no line is {opened.Name}"));
        return instruction with { Documents = documents };
    }

    [GeneratedRegex(@"^\s*#\s*(?<name>[A-Za-z]+)\s*=\s*(?<value>\S+)\s*$")]
    private static partial Regex Directive();
}
