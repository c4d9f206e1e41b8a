namespace OverlayFuse.SideBySide;

/// <summary>A row as it was measured in one sync mode.</summary>
/// <param name="Sync">Null where the row is no copy-up: then the mode is the default.</param>
internal sealed record ResultRow(Row Row, SyncMode? Sync)
{
    private readonly Dictionary<string, Measurement> _engines = [];

    public string Name => Sync is { } sync ? $"{Row.Name} ({sync.ToString().ToLowerInvariant()})" : Row.Name;

    public Target? Target => Sync == SyncMode.Volatile ? Row.UnsyncedTarget ?? Row.Target : Row.Target;

    public IReadOnlyDictionary<string, Measurement> Engines => _engines;

    public Measurement Of(Engine engine) => _engines.TryGetValue(engine.Name, out var found) ? found : _engines[engine.Name] = new Measurement();

    /// <summary>The median of an engine, where it was measured.</summary>
    public double? Median(string engine) => _engines.GetValueOrDefault(engine)?.Median;
}
