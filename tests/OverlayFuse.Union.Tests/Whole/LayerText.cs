using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Trees of layers as text, one object an item, items two blanks apart. Directories on the way are made as needed.
/// </summary>
/// <remarks>Cases/README.md has the grammar.</remarks>
internal static partial class LayerText
{
    private const int ShortestRun = 24;

    /// <summary>The items of a text in one spelling and order, to be compared.</summary>
    public static string[] Normalize(string text) => [.. Items(text).Select(Spell).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Items(string text) => ItemPattern().Split(text.Trim()).Where(i => i.Length > 0);

    /// <summary>The words of an item or an action; a quoted text is one word, with what stands before and behind it.</summary>
    public static string[] Words(string text) => [.. WordPattern().Matches(text).Select(m => m.Value)];

    /// <summary>The bytes of a name or text: UTF-8, and \xNN for any byte.</summary>
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(BytePattern().Replace(
        Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text)),
        m => ((char)byte.Parse(m.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString()));

    /// <summary>Bytes as <see cref="Bytes"/> reads them; what is no printable UTF-8 becomes \xNN.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        while (bytes.Length > 0)
        {
            var isRune = Rune.DecodeFromUtf8(bytes, out var rune, out var used) == System.Buffers.OperationStatus.Done && !Rune.IsControl(rune);
            if (isRune) text.Append(rune.ToString());
            else foreach (var part in bytes[..used]) text.Append(CultureInfo.InvariantCulture, $"\\x{part:x2}");
            bytes = bytes[used..];
        }
        return text.ToString();
    }

    /// <summary>The bytes that a sequence of words stands for: "text", "text"*times, hole(length).</summary>
    public static byte[] Content(IEnumerable<string> words) => [.. words.SelectMany(word =>
    {
        if (Argument(word, "hole") is { } length) return new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        if (Argument(word, "file") is { } path) return File.ReadAllBytes(path);
        var end = word.LastIndexOf('"');
        var times = end + 1 < word.Length ? int.Parse(word[(end + 2)..], CultureInfo.InvariantCulture) : 1;
        return Enumerable.Repeat(Bytes(word[1..end]), times).SelectMany(b => b);
    })];

    /// <summary>Bytes as <see cref="Content"/> reads them, long runs of one byte shortened.</summary>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        var words = new List<string>();
        var start = 0;
        for (int at = 0, end; at < bytes.Length; at = end)
        {
            for (end = at + 1; end < bytes.Length && bytes[end] == bytes[at];) end++;
            if (end - at < ShortestRun) continue;
            if (at > start) words.Add($"\"{Text(bytes[start..at])}\"");
            words.Add($"\"{Text(bytes[at..(at + 1)])}\"*{end - at}");
            start = end;
        }
        if (start < bytes.Length || words.Count == 0) words.Add($"\"{Text(bytes[start..])}\"");
        return string.Join(' ', words);
    }

    private static string Spell(string item) => Words(item) is [var path, "=", .. var content] ? $"{path} = {Show(Content(content))}" : item;

    private static string? Argument(string word, string name) =>
        word.StartsWith($"{name}(", StringComparison.Ordinal) && word.EndsWith(')') ? word[(name.Length + 1)..^1] : null;

    private static string Quoted(string text) => text[(text.IndexOf('"') + 1)..text.LastIndexOf('"')];

    [GeneratedRegex(@" {2,}|\r?\n\s*")]
    private static partial Regex ItemPattern();

    [GeneratedRegex("""(?:[^\s"]|"[^"]*")+""")]
    private static partial Regex WordPattern();

    [GeneratedRegex(@"\\x([0-9a-f]{2})")]
    private static partial Regex BytePattern();
}
