using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>Which containers use a volume.</summary>
internal static class VolumeUse
{
    public static IEnumerable<StoredContainer> Of(ContainerStore store, string volume) =>
        store.All().Where(container => container.Record.Mounts.Exists(mount => mount.Volume == volume));
}
