using System.Text;
using System.Text.Json;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Between mount and start: volumes are filled, the user looked up, the bundle written.</summary>
/// <remarks>Done by the command and not by the supervisor: who serves a mount must not wait for it.</remarks>
public static class Preparation
{
    /// <param name="merged">Where the union is mounted.</param>
    /// <param name="volumes">Under their lock: two that use an empty volume first would both fill it.</param>
    /// <exception cref="RefusedException">There is no such user, or a volume cannot be filled.</exception>
    public static void Run(StoredContainer container, string merged, VolumeStore volumes, bool isRootless)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(merged), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var opened);
        if (error != Errno.None) throw new RefusedException($"cannot enter the container's root {merged}: {error.Describe()}.", 125);
        try
        {
            var root = new DirFd(opened.Number);
            FirstUse.Resume(container.Record, volumes);
            if (!File.Exists(container.FilledPath))
            {
                FirstUse.Fill(container.Record, volumes, root);
                File.Create(container.FilledPath).Dispose(); // what is deleted later stays deleted
            }
            if (container.Record.IsBuildStep) foreach (var volume in container.Record.Config.Volumes?.Keys ?? Enumerable.Empty<string>()) MakeDirectory("volume", volume, root);
            if (container.Record.Config.WorkingDir is { Length: > 0 } directory) MakeDirectory("working directory", directory, root);
            ContainerFiles.Write(container.Directory, container.Record);
            var user = UserLookup.FindToRun(container.Record.Config.User, root, container.Record.GroupAdd);
            var spec = new RuntimeSpec(container.Record, HostFacts.For(container.Record, isRootless)).Write(merged, container.Directory, user);
            Directory.CreateDirectory(container.BundlePath);
            using var file = File.Create(Path.Combine(container.BundlePath, "config.json"));
            using var writer = new Utf8JsonWriter(file);
            spec.WriteTo(writer);
        }
        finally
        {
            opened.Close();
        }
    }

    // As docker does: a WORKDIR that the image lacks is made, and the place of a volume, which in a step of a build is a directory of the image.
    private static void MakeDirectory(string kind, string path, DirFd root)
    {
        try
        {
            using var parents = new LayerParents(root);
            parents.Open(EntryPath.Parse(Encoding.UTF8.GetBytes(path)));
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot make the {kind} {path}: {e.Message}.", 125);
        }
    }
}
