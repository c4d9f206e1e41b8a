using OverlayFuse.Image;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>What a container has changed, as the archive of a layer.</summary>
internal static class LayerCapture
{
    /// <returns>A file among those being made, for whoever takes it over.</returns>
    public static string Write(MountedContainer mounted) => Write(mounted, ContainerChanges.Of(mounted.Store, mounted.Container.Record));

    /// <param name="beforeContent">Called before each piece of a file.</param>
    public static string Write(MountedContainer mounted, IReadOnlyList<Change> changes, Action? beforeContent = null)
    {
        var path = mounted.Store.State.NewTemporary();
        try
        {
            using var file = File.Create(path);
            var archive = new TarWriter(file) { BeforeContent = beforeContent };
            new ChangeArchive(archive, mounted.Root).Write(changes);
            archive.End();
            return path;
        }
        catch (Exception e) when (e is RefusedException or IOException)
        {
            File.Delete(path);
            throw e is RefusedException ? e : new RefusedException($"cannot write the layer of {mounted.Container.Record.Name} in {mounted.Store.State.Root}: {FileErrors.Reason(e)}.");
        }
    }
}
