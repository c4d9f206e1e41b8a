using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Verifies and explains an upper that is not mounted, and repairs what needs no guess.</summary>
public static class UpperCheck
{
    private const int Rounds = 3;

    /// <param name="union">The stack; its mount point is not used (<see cref="UpperStack"/>).</param>
    /// <exception cref="MountException">It could not be opened, because it is mounted for example.</exception>
    public static CheckReport Run(UnionOptions union, bool repair, IProgress<CheckReport>? progress = null)
    {
        using var inspected = InspectedUnion.Open(union);
        var report = Look(inspected, union, progress);
        if (!repair) return report;

        // A repair may make another one needless or possible: a fence, once the last mark behind it is gone.
        for (var round = 0; round < Rounds && Repair(report) > 0; round++)
        {
            var repaired = report.Findings.Where(finding => finding.IsRepaired);
            report = Look(inspected, union, progress);
            report.Findings.InsertRange(0, repaired);
        }
        return report;
    }

    private static int Repair(CheckReport report)
    {
        var repaired = 0;
        foreach (var finding in report.Problems.Where(finding => finding is { CanRepair: true, IsRepaired: false }))
        {
            finding.IsRepaired = finding.Repair!() == Errno.None;
            if (finding.IsRepaired) repaired++;
        }
        return repaired;
    }

    private static CheckReport Look(InspectedUnion union, UnionOptions options, IProgress<CheckReport>? progress)
    {
        var report = new CheckReport();
        var work = new WorkCheck(union, report, options);
        if (!work.Run()) return report;

        var links = new LinkCheck(union, report, KernelIndex.Inodes(union.Work));
        var counted = links.CountedInodes();
        var partial = new PartialCheck(union, report);
        var marks = new MarkCheck(union, report, partial, counted);
        var walk = new UpperWalk(union, marks, report, progress);
        walk.Run();
        links.Run();
        var unclaimed = walk.Unclaimed.Where(origin => !counted.Contains(origin.Inode)).ToList(); // a copy may have no name but those found by the index
        var lost = links.FindLost(unclaimed);
        work.CheckOrigins([.. unclaimed.Select(origin => origin.Inode).Where(inode => !lost.Contains(inode))]);
        var isComplete = !report.Problems.Any(finding => finding.Kind is "unreadable" or "mark-unreadable");
        partial.CheckMaps(isComplete);
        FenceCheck.Run(union, report, Fence.UserMarks, marks.UserMarks, "redirects or metacopies in user marks", isComplete);
        FenceCheck.Run(union, report, Fence.Overrides, marks.Overrides, "objects with their owners in marks", isComplete);
        FenceCheck.Run(union, report, Fence.Partial, partial.Files, "files that are partly in the upper", isComplete);
        FenceCheck.LookAtOthers(union, report);
        return report;
    }
}
