using System.Text.Json.Nodes;

namespace OverlayFuse.Cli;

/// <summary>A list as a table, or each row by the template of --format ("json", "table ..." and any other).</summary>
internal static class RowFormat
{
    /// <param name="columns">Headings, and the members they show.</param>
    public static string Write(IReadOnlyList<JsonObject> rows, string? format, params (string Heading, string Member)[] columns)
    {
        if (format is null or "table")
        {
            var table = new TableText([.. columns.Select(column => column.Heading)]);
            foreach (var row in rows) table.Add([.. columns.Select(column => FormatExpression.Print(row[column.Member]))]);
            return table.ToString();
        }
        if (format == "json") format = "{{json .}}";
        var template = FormatTemplate.Parse(format.StartsWith("table ", StringComparison.Ordinal) ? format[6..] : format);
        return string.Concat(rows.Select(row => template.Render(row) + "\n"));
    }
}
