namespace OverlayFuse.Union;

/// <summary>Brings up the rest of every partial file of an upper that nobody uses, and takes away what is left of maps, and the fence.</summary>
internal static class PartialSettling
{
    /// <param name="tree">A new one: it knows its root only.</param>
    public static void Run(Tree tree, Upper upper, SettleReport report)
    {
        if (upper.Work.PartialMaps.IsEmpty) return;
        using var files = new OpenFiles(tree, capacity: 16);
        new Filling(tree, new CopyUp(tree, files), form: null, report, progress: null).Run();
        if (report.IsSettled) _ = upper.Work.PartialMaps.RemoveAll();
    }
}
