using System.Text;

namespace OverlayFuse.Image;

/// <summary>Words, quotes and variables as Dockerfiles have them: like a shell's, without its commands. Pure.</summary>
/// <remarks>Dockerfile reference, "Environment replacement".</remarks>
public sealed class ShellWords(Func<string, string?> lookup, char escape = '\\')
{
    /// <summary>Taken apart at blanks outside of quotes; quotes and variables stay as they are.</summary>
    public IReadOnlyList<string> Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote == '\0' && c is ' ' or '\t' && quote == '\0')
            {
                if (word.Length > 0) words.Add(word.ToString());
                word.Clear();
                continue;
            }
            word.Append(c);
            if (c == escape && quote != '\'' && i + 1 < text.Length) word.Append(text[++i]);
            else if (c == quote) quote = '\0';
            else if (quote == '\0' && c is '"' or '\'' && quote == '\0') quote = c;
        }
        if (word.Length > 0) words.Add(word.ToString());
        return words;
    }

    /// <summary>All of it as one word: quotes taken away, variables put in.</summary>
    /// <exception cref="RefusedException">A brace or a quote is not closed.</exception>
    public string Expand(string text)
    {
        var at = 0;
        return Expand(text, ref at, until: '\0');
    }

    /// <summary>The words, each expanded: what a variable brings is not taken apart.</summary>
    public IReadOnlyList<string> ExpandWords(string text) => [.. Split(text).Select(Expand)];

    /// <summary>Variables put in and nothing else: quotes are the text's own, and a backslash escapes itself and a dollar, as in a shell's here-document.</summary>
    /// <exception cref="RefusedException">A brace is not closed.</exception>
    public string ExpandVariables(string text)
    {
        var result = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == escape && at + 1 < text.Length && (text[at + 1] == '$' || text[at + 1] == escape)) result.Append(text[++at]);
            else if (text[at] == '$') result.Append(Variable(text, ref at));
            else result.Append(text[at]);
        }
        return result.ToString();
    }

    private string Expand(string text, ref int at, char until)
    {
        var result = new StringBuilder();
        var quote = '\0';
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (quote == '\0' && c == until) return result.ToString();
            if (c == escape && quote != '\'' && at + 1 < text.Length)
            {
                // Inside of double quotes only what means something there is escaped.
                if (quote == '"' && text[at + 1] is not ('"' or '$') && text[at + 1] != escape) result.Append(c);
                result.Append(text[++at]);
            }
            else if (c == '$' && quote != '\'') result.Append(Variable(text, ref at));
            else if (quote != '\0' && c == quote) quote = '\0';
            else if (quote == '\0' && c is '"' or '\'' && quote == '\0') quote = c;
            else result.Append(c);
        }
        if (quote != '\0') throw new RefusedException($"\"{text}\": unexpected end of statement while looking for matching {(quote == '"' ? "double-quote" : "single-quote")}");
        return until == '\0' ? result.ToString() : throw new RefusedException($"\"{text}\": syntax error: missing '{until}' in substitution");
    }

    // Leaves "at" on the last character that belongs to it.
    private string Variable(string text, ref int at)
    {
        var isBraced = at + 1 < text.Length && text[at + 1] == '{';
        var start = at + (isBraced ? 2 : 1);
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_')) end++;
        var name = text[start..end];
        if (!isBraced)
        {
            at = end - 1;
            return name.Length == 0 ? "$" : lookup(name) ?? "";
        }
        if (name.Length == 0 || end == text.Length) throw new RefusedException($"\"{text}\": bad substitution");
        var value = lookup(name);
        if (text[end] == '}')
        {
            at = end;
            return value ?? "";
        }
        var countsEmpty = text[end] == ':';
        if (countsEmpty) end++;
        var kind = end < text.Length ? text[end] : '\0';
        at = end + 1;
        var word = Expand(text, ref at, until: '}');
        var isSet = countsEmpty ? !string.IsNullOrEmpty(value) : value is not null;
        return kind switch
        {
            '-' => isSet ? value! : word,
            '+' => isSet ? word : "",
            '?' => isSet ? value! : throw new RefusedException($"{name}: {(word.Length > 0 ? word : "not allowed to be unset")}"),
            _ => throw new RefusedException($"\"{text}\": unsupported modifier ({kind}) in substitution"),
        };
    }
}
