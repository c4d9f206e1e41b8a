using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OverlayFuse.Cli;

/// <summary>A list as a table, or each row by the template of --format: "json", "table TEMPLATE" with headings and columns, and any other.</summary>
internal static partial class RowFormat
{
    private const string Table = "table ";

    /// <param name="columns">Headings, and the members they show.</param>
    public static string Write(IReadOnlyList<JsonObject> rows, string? format, params (string Heading, string Member)[] columns)
    {
        if (format is null or "table")
        {
            var table = new TableText([.. columns.Select(column => column.Heading)]);
            foreach (var row in rows) table.Add([.. columns.Select(column => GoText.Print(row[column.Member]))]);
            return table.ToString();
        }
        if (format.StartsWith(Table, StringComparison.Ordinal)) return Columns(rows, format[Table.Length..].TrimStart(), columns);
        var template = FormatTemplate.Parse(format == "json" ? "{{json .}}" : format);
        return string.Concat(rows.Select(row => template.Render(row) + "\n"));
    }

    // The template says what a row is, tabs where a column ends. The headings are a row, too: the members that it names, each with its heading.
    private static string Columns(IReadOnlyList<JsonObject> rows, string format, (string Heading, string Member)[] columns)
    {
        var headings = new JsonObject();
        foreach (var member in Member().Matches(format).Select(match => match.Groups["member"].Value).Append("Labels"))
            headings[member] = Array.Find(columns, column => column.Member == member).Heading ?? Heading(member);
        var template = FormatTemplate.Parse(format);
        var table = new TableText(template.Render(headings).Split('\t'));
        foreach (var row in rows) table.Add(template.Render(row).Split('\t'));
        return table.ToString();
    }

    /// <summary>"LOCAL VOLUMES" for LocalVolumes.</summary>
    private static string Heading(string member)
    {
        var text = new StringBuilder();
        foreach (var letter in member) text.Append(char.IsUpper(letter) && text.Length > 0 ? $" {letter}" : char.ToUpperInvariant(letter).ToString());
        return text.ToString();
    }

    [GeneratedRegex(@"\.(?<member>[A-Za-z]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Member();
}
