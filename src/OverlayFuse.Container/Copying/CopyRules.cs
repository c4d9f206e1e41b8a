using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The rules of "docker cp" for sources and targets that are files, directories, or not there. Pure.</summary>
public static class CopyRules
{
    /// <param name="target">For messages.</param>
    /// <exception cref="RefusedException">It makes no sense.</exception>
    public static CopyPlan For(in CopyFacts facts, string target)
    {
        if (facts is { ContentsOnly: true, SourceIsDirectory: false }) throw new RefusedException("the source is not a directory.");
        if (!facts.TargetExists)
        {
            if (!facts.TargetHasParent) throw new RefusedException($"no such directory: the directory of {target} does not exist.");
            return facts is { TargetMeansDirectory: true, SourceIsDirectory: false } ? throw new RefusedException($"no such directory: {target}.") : CopyPlan.AsTarget;
        }
        if (facts.TargetIsDirectory) return facts.ContentsOnly ? CopyPlan.ContentsIntoTarget : CopyPlan.IntoTarget;
        if (facts.SourceIsDirectory) throw new RefusedException($"cannot copy directory: {target} is not a directory.");
        return facts.TargetMeansDirectory ? throw new RefusedException($"{target} is not a directory.") : CopyPlan.AsTarget;
    }
}
