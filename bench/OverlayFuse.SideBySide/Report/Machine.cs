using System.Globalization;

namespace OverlayFuse.SideBySide;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    public static string Kernel => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    public static string Processor =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line ? line[(line.IndexOf(':') + 2)..] : "unknown processor";

    /// <summary>The processors there are, in all: this process may be held to fewer.</summary>
    public static int Processors => File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal));

    public static string Memory => Figure.Size(1024.0 * long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));

    public static string Today => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string FileSystemOf(string path) => new DriveInfo(path).DriveFormat;
}
