using System.Text;

namespace OverlayFuse.Cli;

/// <summary>A table as docker prints it: columns as wide as their widest cell, three blanks between them, and ten letters at least.</summary>
internal sealed class TableText(params string[] headings)
{
    private const int Gap = 3;
    private const int Narrowest = 10;

    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var text = new StringBuilder();
        var widths = headings.Select((heading, column) => _rows.Select(row => row[column].Length).Append(heading.Length).Max()).ToArray();
        foreach (var row in _rows.Prepend(headings))
        {
            for (var column = 0; column < row.Length - 1; column++) text.Append(row[column].PadRight(Math.Max(widths[column] + Gap, Narrowest)));
            text.Append(row[^1]).Append('\n');
        }
        return text.ToString();
    }
}
