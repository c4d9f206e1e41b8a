using System.Text.RegularExpressions;

namespace OverlayFuse.Image;

/// <summary>"&lt;&lt;NAME" behind RUN, COPY or ADD, and the lines up to NAME. Pure.</summary>
/// <param name="Expands">Variables are put in where COPY makes a file of it; not when the name was quoted.</param>
/// <param name="StripsTabs">"&lt;&lt;-NAME": tabs at the beginning of lines are taken away.</param>
/// <param name="Text">Every line of it with its end.</param>
/// <remarks>Dockerfile reference, "Here-Documents".</remarks>
public sealed partial record HereDocument(string Name, bool Expands, bool StripsTabs, string Text)
{
    /// <summary>What a word opens, without lines yet; null where it opens nothing.</summary>
    public static HereDocument? TryParse(string word)
    {
        var match = Form().Match(word);
        if (!match.Success) return null;
        var name = match.Groups["name"].Value;
        var isQuoted = name[0] is '"' or '\'';
        return new HereDocument(isQuoted ? name[1..^1] : name, Expands: !isQuoted, match.Groups["strip"].Length > 0, "");
    }

    /// <summary>Takes its lines, of which the first is the one after <paramref name="at"/>; leaves that on the line that closes it. Null: none does.</summary>
    internal HereDocument? Take(string[] lines, ref int at)
    {
        var text = new System.Text.StringBuilder();
        while (++at < lines.Length)
        {
            var line = StripsTabs ? lines[at].TrimStart('\t') : lines[at];
            if (line == Name) return this with { Text = text.ToString() };
            text.Append(line).Append('\n');
        }
        return null;
    }

    [GeneratedRegex(@"^\d*<<(?<strip>-?)(?<name>[A-Za-z_][^<""'\s]*|""[^""<]+""|'[^'<]+')$")]
    private static partial Regex Form();
}
