namespace OverlayFuse.SideBySide;

/// <summary>All that was measured, in the order of the table.</summary>
internal sealed class Results(IReadOnlyList<Engine> engines)
{
    // Of each figure that root has in the same mode.
    private static readonly Target OrdinaryUser = 1.3;

    private readonly Dictionary<(string, SyncMode?), ResultRow> _index = [];

    public IReadOnlyList<Engine> Engines => engines;

    /// <summary>The engine whose time counts as 1.</summary>
    public Engine Base => engines[0];

    public List<ResultRow> Rows { get; } = [];

    public IEnumerable<string> Failures =>
        Rows.SelectMany(row => row.Engines.Where(pair => pair.Value.Failure is not null).Select(pair => $"{row.Name}, {pair.Key}: {pair.Value.Failure}"));

    /// <summary>The figure to reach, where it speaks of the engine that counts as 1 here.</summary>
    public Target? TargetOf(ResultRow row)
    {
        if (Base is KernelEngine) return row.Target;
        return engines.Any(engine => engine.User is not null) && row.Row.Moment != Moment.Memory ? OrdinaryUser : null;
    }

    public ResultRow Of(Row row, SyncMode? sync)
    {
        if (_index.TryGetValue((row.Name, sync), out var found)) return found;
        found = new ResultRow(row, sync);
        _index.Add((row.Name, sync), found);
        Rows.Add(found);
        return found;
    }
}
