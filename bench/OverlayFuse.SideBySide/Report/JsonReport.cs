using System.Text.Json;

namespace OverlayFuse.SideBySide;

/// <summary>The results for programs: every sample, in seconds or bytes.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static string Write(Results results, Settings settings) => JsonSerializer.Serialize(new
    {
        Date = Machine.Today,
        Machine = new { Machine.Kernel, Machine.Processor, Machine.Processors, Machine.Memory, FileSystem = Machine.FileSystemOf(settings.Scratch) },
        settings.Rounds,
        settings.IsQuick,
        settings.Partial,
        Base = results.Base.Name,
        Engines = results.Engines.Select(engine => new { engine.Name, engine.Description }),
        Rows = results.Rows.Select(row => new
        {
            row.Row.Name,
            Sync = row.Sync?.ToString().ToLowerInvariant(),
            Unit = row.Row.Moment == Moment.Memory ? "bytes" : "seconds",
            Target = results.TargetOf(row)?.ToString(),
            row.Row.Point,
            Engines = row.Engines.ToDictionary(pair => pair.Key, pair => new { pair.Value.Median, pair.Value.Samples, pair.Value.Syncs, pair.Value.Failure }),
        }),
    }, Layout) + "\n";
}
