using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Carries out a copy that is planned.</summary>
public static class TreeTransfer
{
    /// <param name="name">What the source is called, where it goes into a directory.</param>
    /// <param name="adjust">Owner and mode of each entry.</param>
    /// <exception cref="RefusedException">It could not be copied; what was copied before stays.</exception>
    public static void Run(CopyEnd source, byte[] name, CopyEnd target, CopyPlan plan, Action<TarEntry> adjust)
    {
        try
        {
            switch (plan)
            {
                case CopyPlan.ContentsIntoTarget:
                    using (var into = Applier(target.Root, target.Path, adjust)) TreeCopy.Run(source.WriteContentsTo, into);
                    break;
                case CopyPlan.IntoTarget:
                    using (var into = Applier(target.Root, target.Path, adjust)) TreeCopy.Run(archive => source.WriteTo(archive, name), into);
                    break;
                default:
                    using (var into = Applier(target.Root, [], adjust)) TreeCopy.Run(archive => source.WriteTo(archive, target.Path), into);
                    break;
            }
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot copy: {e.Message}.");
        }
    }

    /// <summary>Puts entries below a directory. Links on the way are followed inside the root only.</summary>
    public static LayerApplier Applier(DirFd root, byte[] below, Action<TarEntry> adjust) => new(root)
    {
        TakesMarks = false,
        KeepsKinds = true,
        Adjust = entry =>
        {
            if (below.Length > 0)
            {
                entry.Name = [.. below, (byte)'/', .. entry.Name];
                if (entry.Kind == TarKind.HardLink) entry.Target = [.. below, (byte)'/', .. entry.Target];
            }
            adjust(entry);
        },
    };
}
