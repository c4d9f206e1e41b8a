using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Reads a template into its parts.</summary>
internal sealed class FormatParser(string text)
{
    private int _position;
    private bool _isTrimmed; // "-}}" was read: the text that follows loses the blanks it begins with

    /// <exception cref="RefusedException">It is broken; the message says where.</exception>
    public List<FormatPart> ReadAll()
    {
        var parts = ReadBlock(out var end);
        return end.Count == 0 ? parts : throw Broken($"\"{end[0]}\" stands alone");
    }

    /// <param name="end">The words that close the block; none at the end of the text.</param>
    private List<FormatPart> ReadBlock(out List<string> end)
    {
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
            parts.Add(words is ["if" or "range" or "with", ..] ? ReadInside(words) : Part("", words, [], []));
        }
    }

    private FormatPart ReadInside(List<string> words)
    {
        var inside = ReadBlock(out var end);
        List<FormatPart> otherwise = [];
        if (end is ["else", "if" or "with", ..]) otherwise = [ReadInside(end[1..])]; // one "end" closes both
        else
        {
            if (end is ["else"]) otherwise = ReadBlock(out end);
            if (end is not ["end"]) throw Broken($"\"{words[0]}\" has no end");
        }
        return Part(words[0], words[1..], inside, otherwise);
    }

    private FormatPart Part(string keyword, List<string> words, List<FormatPart> inside, List<FormatPart> otherwise)
    {
        var sign = words.FindIndex(word => word is ":=" or "=");
        var names = sign < 0 ? [] : words[..sign].FindAll(word => word != ",");
        if (names.Find(name => name is not ['$', _, ..]) is { } other) throw Broken($"\"{other}\" is no variable");
        if (names.Count > (keyword == "range" ? 2 : 1)) throw Broken("there are too many variables");
        return new FormatPart { Keyword = keyword, Names = names, IsNew = sign >= 0 && words[sign] == ":=", Words = words[(sign + 1)..], Inside = inside, Otherwise = otherwise };
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
            if (text[i] is '"' or '`') i = FormatWords.EndOfQuote(text, i) - 1;
            else if (text[i] == '}' && text[i + 1] == '}') return i;
        }
        throw Broken("a \"{{\" is not closed");
    }

    private RefusedException Broken(string how) => FormatTemplate.Broken($"{how}, in \"{text}\"");
}
