using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Compares the fences with what they are to keep kernel overlayfs away from.</summary>
internal static class FenceCheck
{
    private static ReadOnlySpan<byte> Place => "work/incompat/"u8;

    public static void Run(InspectedUnion union, CheckReport report, int userMarks, bool isComplete)
    {
        var names = Incompat.Names(union.Work);
        foreach (var name in names)
        {
            if (name.AsSpan().SequenceEqual("volatile"u8))
                report.Problem("volatile", [.. Place, .. name], "the upper was mounted volatile and not unmounted: after a crash it may hold anything", "Discard it, or remove the directory to go on with it as it is.");
            else if (Incompat.FenceOf(name) is null)
                report.Problem("fence-unknown", [.. Place, .. name], "a feature of the upper that this version does not know", "Use the program that wrote it.");
        }
        var stands = names.Exists(name => Incompat.FenceOf(name) == Fence.UserMarks);
        byte[] path = [.. Place, .. Incompat.NameOf(Fence.UserMarks)];
        if (userMarks > 0 && !stands)
            report.Problem("fence-missing", path, $"{userMarks} redirects or metacopies in user marks are not fenced: kernel overlayfs would mount the upper and fail on them", "The fence is raised.", () => Incompat.Set(union.Work, Fence.UserMarks, stands: true));
        else if (userMarks > 0)
            report.Explain("fence", path, $"keeps kernel overlayfs away from {userMarks} redirects or metacopies in user marks; \"overlayfuse settle\" makes it needless");
        else if (stands && isComplete)
            report.Problem("fence-needless", path, "a fence with nothing behind it: kernel overlayfs refuses the upper for no reason", "The fence is taken away.", () => Incompat.Set(union.Work, Fence.UserMarks, stands: false));
    }
}
