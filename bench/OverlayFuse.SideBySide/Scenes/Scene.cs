using System.IO.Enumeration;

namespace OverlayFuse.SideBySide;

/// <summary>Rows that are measured one after the other on one mount.</summary>
/// <param name="Layers">Names of prepared layers, topmost first.</param>
internal sealed record Scene(IReadOnlyList<string> Layers, Warmth Warmth, IReadOnlyList<Row> Rows)
{
    /// <summary>Measured twice: synced as the kernel does, and with nothing synced.</summary>
    public bool IsCopyUp { get; init; }

    /// <summary>Has the programs in memory that the rows run; null where there are none.</summary>
    public Action? WarmUp { get; init; }

    /// <summary>Bytes that the upper may take.</summary>
    public long UpperSize { get; init; }

    /// <summary>This scene where only rows of a pattern are wanted: up to the last of them, since each row needs those before. Null: none is.</summary>
    public Scene? Only(string pattern)
    {
        var rows = Rows.Select(row => row with { IsWanted = FileSystemName.MatchesSimpleExpression($"*{pattern}*", row.Name) }).ToList();
        var last = rows.FindLastIndex(row => row.IsWanted);
        return last < 0 ? null : this with { Rows = rows[..(last + 1)] };
    }
}
