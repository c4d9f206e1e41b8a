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
    /// <exception cref="RefusedException">There is no such user, or a volume cannot be filled.</exception>
    public static void Run(StoredContainer container, string merged, bool isRootless)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(merged), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var opened);
        if (error != Errno.None) throw new RefusedException($"cannot enter the container's root {merged}: {error.Describe()}.", 125);
        try
        {
            var root = new DirFd(opened.Number);
            if (!File.Exists(container.FilledPath))
            {
                FirstUse.Fill(container.Record, root);
                File.Create(container.FilledPath).Dispose(); // what is deleted later stays deleted
            }
            MakeWorkingDirectory(container.Record, root);
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

    // As docker does: a WORKDIR that the image lacks is made.
    private static void MakeWorkingDirectory(ContainerRecord record, DirFd root)
    {
        if (record.Config.WorkingDir.Length == 0) return;
        try
        {
            using var parents = new LayerParents(root);
            parents.Open(EntryPath.Parse(Encoding.UTF8.GetBytes(record.Config.WorkingDir)));
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot make the working directory {record.Config.WorkingDir}: {e.Message}.", 125);
        }
    }
}
