using System.Text;

namespace OverlayFuse.Cli;

/// <summary>A table as docker prints it: columns as wide as their widest cell, three blanks between them, and ten letters at least.</summary>
/// <remarks>Go, text/tabwriter. A row may have fewer cells than others, or more; its last one is as wide as it is.</remarks>
internal sealed class TableText(params string[] headings)
{
    private const int Gap = 3;
    private const int Narrowest = 10;

    private readonly List<string[]> _rows = [headings];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var text = new StringBuilder();
        var widths = Enumerable.Range(0, _rows.Max(row => row.Length)).Select(column => Math.Max(_rows.Max(row => column < row.Length ? row[column].Length : 0) + Gap, Narrowest)).ToArray();
        foreach (var row in _rows)
        {
            for (var column = 0; column < row.Length - 1; column++) text.Append(row[column].PadRight(widths[column]));
            text.Append(row[^1]).Append('\n');
        }
        return text.ToString();
    }
}
