namespace OverlayFuse.SideBySide;

/// <summary>All that was measured, in the order of the table.</summary>
internal sealed class Results(IReadOnlyList<Engine> engines)
{
    private readonly Dictionary<(string, SyncMode?), ResultRow> _index = [];

    public IReadOnlyList<Engine> Engines => engines;

    /// <summary>The engine whose time counts as 1.</summary>
    public Engine Base => engines[0];

    public List<ResultRow> Rows { get; } = [];

    public IEnumerable<string> Failures =>
        Rows.SelectMany(row => row.Engines.Where(pair => pair.Value.Failure is not null).Select(pair => $"{row.Name}, {pair.Key}: {pair.Value.Failure}"));

    public ResultRow Of(Row row, SyncMode? sync)
    {
        if (_index.TryGetValue((row.Name, sync), out var found)) return found;
        found = new ResultRow(row, sync);
        _index.Add((row.Name, sync), found);
        Rows.Add(found);
        return found;
    }
}
