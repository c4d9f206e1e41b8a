using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Brings an upper that is not mounted into a form that others read. The union is opened, without a mount, and changed by nothing
/// but steps after which it is the same union; so whoever stops in between begins again and comes to the same end.
/// </summary>
public static class Settlement
{
    /// <param name="union">The stack; its mount point is not used (<see cref="UpperStack"/>).</param>
    /// <exception cref="MountException">It could not be opened, because it is mounted for example.</exception>
    public static SettleReport Run(UnionOptions union, SettleForm form, IProgress<SettleReport>? progress = null)
    {
        using var fileSystem = UnionFileSystem.Open(union);
        fileSystem.Use();
        var report = new SettleReport();
        var tree = fileSystem.Tree;
        var work = tree.Upper!.Work;
        var kernelIndex = KernelIndex.Inodes(work.Top);
        var copyUp = fileSystem.CopyUp;
        var filling = new Filling(tree, copyUp, form, report, progress);
        var links = new LinkSettling(tree, copyUp, filling, kernelIndex, report, progress);
        filling.Run();
        Try(links.Run(), "read the index of hard links");
        if (report.IsSettled) Try(work.PartialMaps.RemoveAll(), "remove the maps of partial files");

        // What the marks lead to is on disk before they go, and they are gone before the fence falls.
        Try(Sync(tree), "write the upper to disk");
        Try(work.PartialMaps.CommitAll(), "write the maps of partial files to disk"); // of those that could not be brought up
        filling.Close();
        Try(links.Release(), "read the index of hard links");
        var stripping = new Stripping(fileSystem.PlantAgain(), form, kernelIndex, report, progress);
        stripping.Run();
        if (form == SettleForm.Plain && report.IsSettled) Try(KernelIndex.Remove(work.Top), "remove the index of kernel overlayfs");
        Try(Sync(tree), "write the upper to disk");
        if (form == SettleForm.ForKernel && tree.Upper.Overrides != OverrideForm.None) report.Add("/"u8.ToArray(), SettleSentences.KeepsOwnersInMarks);
        if (stripping.NeedsNoFence) Try(work.LowerFence(Fence.UserMarks), "take the fence away");
        return report;
    }

    private static Errno Sync(Tree tree)
    {
        var error = tree.Upper!.SyncFileSystem();
        return error == Errno.None ? tree.Upper.Work.Sync() : error;
    }

    private static void Try(Errno error, string what)
    {
        if (error != Errno.None) throw new MountException($"cannot {what}: {error.Describe()}. What was done so far is done; remove the cause and settle again.");
    }
}
