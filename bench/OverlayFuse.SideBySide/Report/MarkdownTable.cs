using System.Text;

namespace OverlayFuse.SideBySide;

/// <summary>The results as tables of ratios in Markdown, with a head that says what they were measured with.</summary>
internal sealed class MarkdownTable(Results results, Settings settings)
{
    private IEnumerable<Engine> Others => results.Engines.Skip(1);

    public string Write()
    {
        var text = new StringBuilder();
        Head(text);
        Table(text, "Work", results.Rows.Where(row => row.Sync is null && (row.Row.Point is null || row.Row.Target is not null)));
        Table(text, "Copy-up, synced: fsync=ordered beside the kernel's default", Changes(SyncMode.Ordered));
        Table(text, "Copy-up, nothing synced: volatile, in the kernel too", Changes(SyncMode.Volatile));
        Table(text, "By layers", Sweep(SceneList.LayersChart));
        Table(text, "By threads", Sweep(SceneList.ThreadsChart));
        foreach (var failure in results.Failures) text.Append($"Failed: {failure}\n");
        return text.ToString();
    }

    private IEnumerable<ResultRow> Changes(SyncMode mode) => results.Rows.Where(row => row.Sync == mode).OrderBy(row => row.Row.Point is null ? "" : row.Row.Point.Panel, StringComparer.Ordinal);

    private IEnumerable<ResultRow> Sweep(string chart) => results.Rows.Where(row => row.Row.Point?.Chart == chart);

    private void Head(StringBuilder text)
    {
        text.Append($"Measured {Machine.Today} on {Machine.Processors} x {Machine.Processor}, {Machine.Memory} of memory, Linux {Machine.Kernel}, {Machine.FileSystemOf(settings.Scratch)}; ");
        text.Append($"medians of {settings.Rounds} interleaved {(settings.Rounds == 1 ? "round" : "rounds")}{(settings.IsQuick ? ", a quick run: figures are rough" : "")}. ");
        text.Append($"Ours with partial={settings.Partial} and, where nothing else is said, fsync=ordered.\n\n");
        foreach (var engine in results.Engines) text.Append($"- {engine.Name}: {engine.Description}\n");
        text.Append($"\nFigures are ratios to {results.Base.Name}, whose own time stands beside them: below 1 is faster. What misses its target is bold.\n\n");
    }

    private void Table(StringBuilder text, string title, IEnumerable<ResultRow> rows)
    {
        var list = rows.ToArray();
        if (list.Length == 0) return;
        var hasSyncs = list.Any(row => row.Engines.Values.Any(m => m.Syncs is not null));
        text.Append($"### {title}\n\n| work | {results.Base.Name} | {string.Join(" | ", Others.Select(engine => engine.Name))} | target |{(hasSyncs ? " sync calls |" : "")}\n");
        text.Append($"|---|{string.Concat(results.Engines.Select(_ => "---|"))}---|{(hasSyncs ? "---|" : "")}\n");
        foreach (var row in list)
        {
            text.Append($"| {row.Row.Name} | {Absolute(row, results.Base)} | {string.Join(" | ", Others.Select(engine => Cell(row, engine)))} | {results.TargetOf(row)} |");
            text.Append(hasSyncs ? $" {Syncs(row)} |\n" : "\n");
        }
        text.Append('\n');
    }

    private static string Absolute(ResultRow row, Engine engine) => row.Median(engine.Name) is not { } median
        ? row.Engines.GetValueOrDefault(engine.Name)?.Failure is null ? "" : "failed"
        : row.Row.Moment == Moment.Memory ? Figure.Size(median) : Figure.Time(median);

    private string Cell(ResultRow row, Engine engine)
    {
        if (row.Median(engine.Name) is not { } median || row.Row.Moment == Moment.Memory) return Bold(Absolute(row, engine), Misses(row, engine));
        return row.Median(results.Base.Name) is { } one ? Bold(Figure.Ratio(median / one), Misses(row, engine)) : Figure.Time(median);
    }

    private static string Bold(string text, bool isBold) => isBold ? $"**{text}**" : text;

    private bool Misses(ResultRow row, Engine engine)
    {
        if (engine is not OwnEngine own || results.TargetOf(row) is not { } target || row.Median(engine.Name) is not { } median) return false;
        var wanted = own.Data == "cached" ? target.Cached : target.Passthrough;
        if (row.Row.Moment == Moment.Memory) return median > wanted;
        return row.Median(target.Base ?? results.Base.Name) is { } one && median / one > wanted;
    }

    private static string Syncs(ResultRow row) =>
        string.Join(", ", row.Engines.Where(pair => pair.Value.Syncs is not null).Select(pair => $"{pair.Key} {Figure.Short(pair.Value.Syncs!.Value)}"));
}
