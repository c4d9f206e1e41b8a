using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>What the writable layer of a container does to those below it.</summary>
internal static class ContainerChanges
{
    /// <param name="expandsMoves">Everything in a moved directory is said to be new, as by docker, which has it copied.</param>
    /// <exception cref="RefusedException">A layer cannot be read.</exception>
    public static List<Change> Of(ContainerStore store, ContainerRecord record, bool expandsMoves = false)
    {
        var isCopy = record.Driver == StorageDrivers.Copies;
        if (isCopy && !CopiedRoot.IsCopied(store, record)) return []; // it has not begun yet
        using var union = new UnmountedUnion(record.Lowers.Select(layer => Encoding.UTF8.GetBytes(store.Layers.DiffOf(layer))), [],
            Encoding.UTF8.GetBytes(store.Layers.DiffOf(record.LayerId)), Encoding.UTF8.GetBytes(Path.Combine(store.Layers.PathOf(record.LayerId), "work")), readOnly: false);
        var error = isCopy ? union.ChangesOfCopy(out var changes) : union.Changes(out changes);
        if (error == Errno.None && expandsMoves) error = union.ExpandMoves(changes);
        return error == Errno.None ? changes : throw new RefusedException($"cannot compare the layers of {record.Name}: {error.Describe()}.");
    }
}
