using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>How much a container has written, and the total with its image.</summary>
internal static class ContainerSize
{
    public static (long Own, long Whole) Of(ContainerStore store, ImageStore images, ContainerRecord record)
    {
        var below = images.Find(record.ImageId)?.Size ?? record.Layers.Sum(layer => TreeSize.Of(store.Layers.DiffOf(layer)));
        var files = TreeSize.Of(store.Layers.DiffOf(record.LayerId));
        var own = record.Driver == StorageDrivers.Copies ? Math.Max(0, files - below) : files; // a copy holds the image, too
        return (own, own + below);
    }
}
