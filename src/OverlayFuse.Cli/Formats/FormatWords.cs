using System.Text;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>The words of an expression: names with their fields, quoted text, what stands in parentheses, and the signs between them.</summary>
internal static class FormatWords
{
    /// <exception cref="RefusedException">A quote or a parenthesis is not closed.</exception>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            i = End(text, start);
            if (!char.IsWhiteSpace(text[start])) words.Add(text[start..i]);
        }
        return words;
    }

    /// <summary>Where the text goes on behind a quote that begins at <paramref name="start"/>.</summary>
    public static int EndOfQuote(string text, int start)
    {
        for (var i = start + 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && text[start] != '`') i++;
            else if (text[i] == text[start]) return i + 1;
        }
        throw FormatTemplate.Broken("a quote is not closed");
    }

    /// <summary>Where it goes on behind a parenthesis.</summary>
    public static int EndOfParenthesis(string text, int start)
    {
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] is '"' or '`' or '\'') i = EndOfQuote(text, i) - 1;
            else if (text[i] == '(') depth++;
            else if (text[i] == ')' && --depth == 0) return i + 1;
        }
        throw FormatTemplate.Broken("a parenthesis is not closed");
    }

    /// <summary>What a quoted word says; null for another one.</summary>
    public static string? Quoted(string word)
    {
        if (word is ['`', .., '`']) return word[1..^1];
        if (word is not ['"', .., '"']) return null;
        var text = new StringBuilder();
        for (var i = 1; i < word.Length - 1; i++)
        {
            if (word[i] != '\\') text.Append(word[i]);
            else text.Append(Escaped(word, ref i));
        }
        return text.ToString();
    }

    // The Go Programming Language Specification, "String literals".
    private static string Escaped(string word, ref int at)
    {
        var letter = word[++at];
        var (digits, isHex) = letter switch { 'x' => (2, true), 'u' => (4, true), 'U' => (8, true), >= '0' and <= '7' => (3, false), _ => (0, false) };
        if (digits == 0) return (letter switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'a' => '\a', 'b' => '\b', 'f' => '\f', 'v' => '\v', _ => letter }).ToString();
        var start = isHex ? at + 1 : at;
        if (start + digits >= word.Length || !TryRead(word.AsSpan(start, digits), isHex ? 16u : 8, out var code)) throw FormatTemplate.Broken($"{word} is not a valid string");
        at = start + digits - 1;
        return code.ToString();
    }

    private static bool TryRead(ReadOnlySpan<char> digits, uint radix, out Rune code)
    {
        var value = 0u;
        foreach (var digit in digits)
        {
            var one = char.IsAsciiHexDigit(digit) ? (uint)Convert.ToInt32(digit.ToString(), 16) : radix;
            if (one >= radix) value = uint.MaxValue >> 4;
            else value = value * radix + one;
        }
        return Rune.TryCreate(value, out code);
    }

    private static int End(string text, int start) => text[start] switch
    {
        '"' or '`' or '\'' => EndOfQuote(text, start),
        '(' => EndOfName(text, EndOfParenthesis(text, start)), // fields may follow: (index .List 0).Name
        ')' => throw FormatTemplate.Broken("a parenthesis was not opened"),
        ':' when text.AsSpan(start).StartsWith(":=") => start + 2,
        var letter when IsSign(letter) || char.IsWhiteSpace(letter) => start + 1,
        _ => EndOfName(text, start),
    };

    private static int EndOfName(string text, int start)
    {
        while (start < text.Length && !char.IsWhiteSpace(text[start]) && !IsSign(text[start]) && text[start] is not ('(' or ')' or '"' or '`')) start++;
        return start;
    }

    private static bool IsSign(char letter) => letter is '|' or ',' or '=' or ':';
}
