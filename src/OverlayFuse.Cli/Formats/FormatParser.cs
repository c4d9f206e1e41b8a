using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Reads a template into its parts.</summary>
internal sealed class FormatParser(string text)
{
    private readonly Dictionary<string, List<FormatPart>> _defined = [];
    private List<string> _variables = ["$"]; // that are known at the place
    private int _position;
    private int _depth;
    private int _ranges; // around the place
    private bool _isTrimmed; // "-}}" was read: the text that follows loses the blanks it begins with

    /// <summary>What "define" and "block" give a name.</summary>
    public IReadOnlyDictionary<string, List<FormatPart>> Defined => _defined;

    /// <exception cref="RefusedException">It is broken; the message says where.</exception>
    public List<FormatPart> ReadAll()
    {
        var parts = ReadBlock(out var end);
        return end.Count == 0 ? parts : throw Broken($"\"{end[0]}\" stands alone");
    }

    /// <param name="end">The words that close the block; none at the end of the text.</param>
    private List<FormatPart> ReadBlock(out List<string> end)
    {
        FormatTemplate.CheckDepth();
        var parts = new List<FormatPart>();
        while (true)
        {
            var open = text.IndexOf("{{", _position, StringComparison.Ordinal);
            ReadText(parts, open < 0 ? text.Length : open);
            end = [];
            if (open < 0) return parts;
            var action = ReadAction(open);
            if (action.StartsWith("/*", StringComparison.Ordinal)) continue;
            var words = FormatWords.Split(action);
            if (words is ["end"] or ["else", ..])
            {
                end = words;
                return parts;
            }
            if (words is ["define", ..]) Define(words);
            else parts.Add(ReadPart(words));
        }
    }

    private FormatPart ReadPart(List<string> words) => words switch
    {
        ["if" or "range" or "with", ..] => ReadInside(words),
        ["break" or "continue"] => _ranges > 0 ? new FormatPart { Keyword = words[0] } : throw Broken($"{{{{{words[0]}}}}} outside {{{{range}}}}"),
        ["template", var name, .. var value] => Place(name, value),
        ["block", _] => throw Broken("missing value for block clause"),
        ["block", var name, .. var value] => ReadNamed(name, value),
        _ => Part("", words),
    };

    private void Define(List<string> words)
    {
        if (_depth > 0) throw Broken("unexpected <define> in command");
        ReadNamed(words is [_, var name] ? name : throw Broken("a \"define\" takes a name in quotes"), []);
    }

    private FormatPart ReadNamed(string word, List<string> value)
    {
        var name = NameOf(word);
        var (ranges, variables) = (_ranges, _variables);
        (_ranges, _variables, _depth) = (0, ["$"], _depth + 1);
        var inside = ReadBlock(out var end);
        (_ranges, _variables, _depth) = (ranges, variables, _depth - 1);
        if (end is not ["end"]) throw Broken($"the template \"{name}\" has no end");
        _defined[name] = inside;
        return Place(word, value);
    }

    private FormatPart Place(string name, List<string> value)
    {
        Check(value);
        return new FormatPart { Keyword = "template", Template = NameOf(name), Words = value };
    }

    private string NameOf(string word) => FormatWords.Quoted(word) ?? throw Broken($"\"{word}\" is not the name of a template in quotes");

    private FormatPart ReadInside(List<string> words)
    {
        var (ranges, variables) = (_ranges, _variables.Count);
        var head = Part(words[0], words[1..]);
        var known = _variables.Count;
        _depth++;
        if (words[0] == "range") _ranges++;
        var inside = ReadBlock(out var end);
        _ranges = ranges;
        _variables.RemoveRange(known, _variables.Count - known);
        List<FormatPart> otherwise = [];
        if (end is ["else", "if" or "with", ..]) otherwise = [ReadInside(end[1..])]; // one "end" closes both
        else
        {
            if (end is ["else"]) otherwise = ReadBlock(out end);
            if (end is not ["end"]) throw Broken($"\"{words[0]}\" has no end");
        }
        _depth--;
        _variables.RemoveRange(variables, _variables.Count - variables);
        head.Inside.AddRange(inside);
        head.Otherwise.AddRange(otherwise);
        return head;
    }

    private FormatPart Part(string keyword, List<string> words)
    {
        var sign = words.FindIndex(word => word is ":=" or "=");
        var names = sign < 0 ? [] : words[..sign].FindAll(word => word != ",");
        if (names.Find(name => name is not ['$', _, ..]) is { } other) throw Broken($"\"{other}\" is not a variable");
        if (names.Count > (keyword == "range" ? 2 : 1)) throw Broken("there are too many variables");
        var expression = words[(sign + 1)..];
        Check(expression);
        var isNew = sign >= 0 && words[sign] == ":=";
        if (isNew) _variables.AddRange(names);
        else Check(names);
        return new FormatPart { Keyword = keyword, Names = names, IsNew = isNew, Words = expression };
    }

    // Wherever it stands, and though nobody comes there.
    private void Check(List<string> words)
    {
        FormatTemplate.CheckDepth();
        foreach (var word in words)
        {
            if (word[0] == '(') Check(FormatWords.Split(word[1..(FormatWords.EndOfParenthesis(word, 0) - 1)]));
            else if ((char.IsLetter(word[0]) || word[0] == '_') && word is not ("true" or "false" or "nil") && !FormatFunctions.Has(word)) throw Broken($"function \"{word}\" not defined");
            else if (word[0] == '$' && !_variables.Contains(word.Split('.')[0])) throw Broken($"undefined variable \"{word.Split('.')[0]}\"");
        }
    }

    // The shell leaves \n and \t as they are written.
    private void ReadText(List<FormatPart> parts, int end)
    {
        var piece = text[_position..end].Replace("\\n", "\n").Replace("\\t", "\t");
        if (_isTrimmed) piece = piece.TrimStart();
        if (end + 3 < text.Length && text[end + 2] == '-' && char.IsWhiteSpace(text[end + 3])) piece = piece.TrimEnd();
        if (piece.Length > 0) parts.Add(new FormatPart { Text = piece });
        _position = end;
    }

    /// <returns>What stands between "{{" and "}}", without the dashes that trim.</returns>
    private string ReadAction(int open)
    {
        var close = Close(open + 2);
        var action = text[(open + 2)..close];
        _position = close + 2;
        if (action is ['-', var first, ..] && char.IsWhiteSpace(first)) action = action[1..];
        _isTrimmed = action is [.., var last, '-'] && char.IsWhiteSpace(last);
        return (_isTrimmed ? action[..^1] : action).Trim();
    }

    private int Close(int start)
    {
        if (text.AsSpan(start).TrimStart("- \t\n").StartsWith("/*")) start = text.IndexOf("*/", start, StringComparison.Ordinal) is var end and >= 0 ? end : text.Length;
        for (var i = start; i + 1 < text.Length; i++)
        {
            if (text[i] is '"' or '`' or '\'') i = FormatWords.EndOfQuote(text, i) - 1;
            else if (text[i] == '}' && text[i + 1] == '}') return i;
        }
        throw Broken("a \"{{\" is not closed");
    }

    private RefusedException Broken(string how) => FormatTemplate.Broken($"{how}, in \"{text}\"");
}
