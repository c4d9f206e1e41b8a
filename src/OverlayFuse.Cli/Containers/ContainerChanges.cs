using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>What the writable layer of a container does to those below it.</summary>
internal static class ContainerChanges
{
    /// <exception cref="RefusedException">A layer cannot be read.</exception>
    public static List<Change> Of(ContainerStore store, ContainerRecord record)
    {
        if (record.Driver == StorageDrivers.Copies) throw new RefusedException($"the storage driver vfs keeps a whole copy for {record.Name}, and not its changes: there is nothing to compare.");
        using var union = new UnmountedUnion(record.Lowers.Select(layer => Encoding.UTF8.GetBytes(store.Layers.DiffOf(layer))), [],
            Encoding.UTF8.GetBytes(store.Layers.DiffOf(record.LayerId)), readOnly: false);
        var error = union.Changes(out var changes);
        return error == Errno.None ? changes : throw new RefusedException($"cannot compare the layers of {record.Name}: {error.Describe()}.");
    }
}
