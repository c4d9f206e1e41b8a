using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Carries out a copy that is planned.</summary>
public static class TreeTransfer
{
    /// <param name="name">What the source is called, where it goes into a directory.</param>
    /// <param name="adjust">Owner and mode of each entry.</param>
    /// <exception cref="RefusedException">It could not be copied; what was copied before stays.</exception>
    public static void Run(CopyEnd source, byte[] name, CopyEnd target, CopyPlan plan, Action<TarEntry> adjust) =>
        Run(source, name, target, plan, adjust, archive => new TreeArchive(archive));

    /// <param name="reader">Reads the source, and may leave something out.</param>
    public static void Run(CopyEnd source, byte[] name, CopyEnd target, CopyPlan plan, Action<TarEntry> adjust, Func<TarWriter, TreeArchive> reader)
    {
        try
        {
            using var into = Applier(target.Root, plan == CopyPlan.AsTarget ? [] : target.Path, adjust);
            TreeCopy.Run(archive =>
            {
                if (plan == CopyPlan.ContentsIntoTarget) source.WriteContentsTo(reader(archive));
                else source.WriteTo(reader(archive), plan == CopyPlan.AsTarget ? target.Path : name);
            }, into);
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot copy: {e.Message}.");
        }
    }

    /// <summary>Makes a directory with those above it; links are followed inside the root only.</summary>
    public static void MakeDirectories(DirFd root, byte[] path)
    {
        try
        {
            using var parents = new LayerParents(root);
            parents.Open(EntryPath.Parse(path));
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot make the directory /{EntryPath.Show(path)}: {e.Message}.");
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
