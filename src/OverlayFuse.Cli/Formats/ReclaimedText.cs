namespace OverlayFuse.Cli;

/// <summary>What prune says: what is gone, and how much that was.</summary>
internal static class ReclaimedText
{
    public static string List(string heading, IEnumerable<string> names)
    {
        var lines = string.Concat(names.Select(name => name + "\n"));
        return lines.Length > 0 ? $"{heading}:\n{lines}\n" : "";
    }

    public static string Of(long bytes) => $"Total reclaimed space: {HumanText.Size(bytes, 4)}\n";
}
