using System.Text;

namespace OverlayFuse.Cli;

/// <summary>What the functions html, js and urlquery of templates make of a text. Pure.</summary>
/// <remarks>Go, text/template: HTMLEscapeString, JSEscapeString; net/url: QueryEscape.</remarks>
internal static class Escaping
{
    public static string Html(string text) => string.Concat(text.Select(letter => letter switch
    {
        '\0' => "\ufffd",
        '"' => "&#34;",
        '\'' => "&#39;",
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        _ => letter.ToString(),
    }));

    public static string JavaScript(string text) => string.Concat(text.Select(letter => letter switch
    {
        '\\' or '\'' or '"' => $"\\{letter}",
        '<' or '>' or '&' or '=' or < ' ' => $"\\u{(int)letter:X4}",
        _ => letter.ToString(),
    }));

    public static string Query(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(one => (char)one switch
    {
        ' ' => "+",
        '-' or '_' or '.' or '~' => ((char)one).ToString(),
        var letter when char.IsAsciiLetterOrDigit(letter) => letter.ToString(),
        _ => $"%{one:X2}",
    }));
}
