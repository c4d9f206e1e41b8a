namespace OverlayFuse.SideBySide;

/// <summary>Writes what a run leaves: table.md, results.json, and a chart for each sweep.</summary>
internal static class ReportFiles
{
    /// <returns>The table.</returns>
    public static string Write(Results results, Settings settings)
    {
        Directory.CreateDirectory(settings.Output);
        var table = new MarkdownTable(results, settings).Write();
        File.WriteAllText($"{settings.Output}/table.md", table);
        File.WriteAllText($"{settings.Output}/results.json", JsonReport.Write(results, settings));
        Draw(results, settings, "copy-up-ordered", "The first change of a lower file, synced as the kernel does", SceneList.CopyUpChart, SyncMode.Ordered, "size of the file", Figure.Size);
        Draw(results, settings, "copy-up-volatile", "The first change of a lower file, nothing synced", SceneList.CopyUpChart, SyncMode.Volatile, "size of the file", Figure.Size);
        Draw(results, settings, "layers", "Lookups by the number of layers", SceneList.LayersChart, null, "layers", x => $"{x}");
        Draw(results, settings, "threads", "Threads mixing lstat, read and create", SceneList.ThreadsChart, null, "threads", x => $"{x}");
        return table;
    }

    private static void Draw(Results results, Settings settings, string file, string title, string chart, SyncMode? mode, string acrossTitle, Func<double, string> across)
    {
        var rows = results.Rows.Where(row => row.Row.Point?.Chart == chart && row.Sync == mode).ToArray();
        if (rows.Length == 0) return;
        var engines = results.Engines.Select(engine => engine.Name).Where(name => rows.Any(row => row.Median(name) is not null)).ToArray();
        if (engines.Length > 0) File.WriteAllText($"{settings.Output}/{file}.svg", new Chart(title, acrossTitle, across, engines, rows).Write());
    }
}
