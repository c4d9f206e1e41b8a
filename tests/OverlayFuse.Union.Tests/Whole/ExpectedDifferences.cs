using System.Text;

namespace OverlayFuse.Union.Tests;

/// <summary>tests/expected-differences.md: written from what tests check, never by hand. Each test project has a section of its own.</summary>
internal static class ExpectedDifferences
{
    private const string Head =
        """
        # Expected differences

        Where we give something else than kernel overlayfs, or than POSIX asks for, and why. Each entry is checked by the test it is written in, on
        both sides, and this file is compared with them: `OVERLAYFUSE_WRITE=1 dotnet test ...` writes it anew. What is the same is not listed.

        """;

    /// <summary>The file with one section replaced.</summary>
    public static string With(string file, string section, IEnumerable<Difference> differences)
    {
        var heading = $"## {section}\n";
        var others = file.Split("\n## ").Skip(1).Select(s => $"## {s.TrimEnd('\n')}\n").Where(s => !s.StartsWith(heading, StringComparison.Ordinal));
        var sections = others.Append(heading + Body(differences)).Order(StringComparer.Ordinal);
        return $"{Head}\n{string.Join("\n", sections)}";
    }

    private static string Body(IEnumerable<Difference> differences)
    {
        var text = new StringBuilder();
        foreach (var reason in differences.GroupBy(d => (d.Engine, d.Reason)).OrderBy(g => g.Key.Engine, StringComparer.Ordinal).ThenBy(g => g.Key.Reason, StringComparer.Ordinal))
        {
            text.Append($"\n### {reason.Key.Engine}: {reason.Key.Reason}\n\n");
            foreach (var difference in reason)
            {
                text.Append($"- {difference.Case}\n");
                text.Append(difference.Expected.Length == 0 ? $"  - `{difference.Seen}`\n" : $"  - here `{difference.Expected}`\n  - there `{difference.Seen}`\n");
            }
        }
        return text.ToString();
    }
}
