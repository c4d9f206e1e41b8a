namespace OverlayFuse.Union;

/// <summary>Compares the fences with what they are to keep kernel overlayfs away from.</summary>
internal static class FenceCheck
{
    private static ReadOnlySpan<byte> Place => "work/incompat/"u8;

    /// <param name="count">How many things need the fence; <paramref name="what"/> says what they are.</param>
    public static void Run(InspectedUnion union, CheckReport report, Fence fence, int count, string what, bool isComplete)
    {
        var stands = Incompat.Names(union.Work).Exists(name => Incompat.FenceOf(name) == fence);
        byte[] path = [.. Place, .. Incompat.NameOf(fence)];
        if (count > 0 && !stands)
            report.Problem("fence-missing", path, $"{count} {what} are not fenced: kernel overlayfs would mount the upper and fail on them", "The fence is raised.",
                () => Incompat.Set(union.Work, fence, stands: true));
        else if (count > 0)
            report.Explain("fence", path,
                $"keeps kernel overlayfs away from {count} {what}; " +
                $"{(fence == Fence.Overrides ? "it stays for as long as they are kept so" : "\"overlayfuse settle\" makes it needless")}");
        else if (stands && isComplete)
            report.Problem("fence-needless", path, "a fence with nothing behind it: kernel overlayfs refuses the upper for no reason", "The fence is taken away.",
                () => Incompat.Set(union.Work, fence, stands: false));
    }

    /// <summary>What stands beside the fences of ours.</summary>
    public static void LookAtOthers(InspectedUnion union, CheckReport report)
    {
        foreach (var name in Incompat.Names(union.Work))
        {
            if (name.AsSpan().SequenceEqual("volatile"u8))
                report.Problem("volatile", [.. Place, .. name], "the upper was mounted volatile, where nothing is synced: after a crash it may hold anything",
                    "Discard it, or remove the directory to go on with it as it is.");
            else if (Incompat.FenceOf(name) is null)
                report.Problem("fence-unknown", [.. Place, .. name], "a feature of the upper that this version does not know", "Use the program that wrote it.");
        }
    }
}
