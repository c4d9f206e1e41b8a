using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The volumes of a container while it runs: their drivers have them ready from before its start until after its end.</summary>
public sealed class VolumeUses(ContainerStore containers)
{
    private readonly VolumeStore _volumes = new(containers.State);

    /// <summary>The sources of its mounts become what the drivers say.</summary>
    /// <exception cref="RefusedException">A driver refuses.</exception>
    public void Begin(StoredContainer container)
    {
        using var held = _volumes.Lock();
        foreach (var (mount, volume) in Mounted(container)) mount.Source = Driver(volume).Mount(volume, container.Id);
    }

    public void End(StoredContainer container)
    {
        using var held = _volumes.Lock();
        foreach (var (_, volume) in Mounted(container))
        {
            var isLast = !containers.All().Exists(other => other.Id != container.Id && other.IsServed && other.Record.Mounts.Exists(mount => mount.Volume == volume.Name));
            try
            {
                Driver(volume).Unmount(volume, container.Id, isLast);
            }
            catch (RefusedException)
            {
                // The plugin is gone, and what it had mounted with it.
            }
        }
    }

    private VolumeDriver Driver(VolumeRecord volume) => VolumeDriver.Of(volume.Driver, _volumes, $"mount {volume.Name}");

    // Most volumes are plain directories, for which there is nothing to do.
    private List<(MountPoint Mount, VolumeRecord Volume)> Mounted(StoredContainer container) =>
    [
        .. container.Record.Mounts.Where(mount => mount.Volume is not null)
            .Select(mount => (mount, _volumes.Find(mount.Volume!)))
            .Where(pair => pair.Item2 is not null && (pair.Item2.Driver != VolumeDriver.Local || pair.Item2.Options.Count > 0))
            .Select(pair => (pair.mount, pair.Item2!)),
    ];
}
