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
        Wake(container);
        using var held = _volumes.Lock();
        var mounted = Mounted(container);
        if (mounted.Count > 0) File.Create(container.VolumesPath).Dispose(); // first: what a kill leaves half done is ended, too
        foreach (var (mount, volume) in mounted) mount.Source = Driver(volume).Mount(volume, container.Id);
    }

    /// <summary>The same for a container that runs: its record does not say where a plugin has a volume.</summary>
    public void Locate(StoredContainer container)
    {
        foreach (var (mount, volume) in Mounted(container)) mount.Source = Driver(volume).PathOf(volume);
    }

    /// <summary>Nothing where they were not begun, or were ended.</summary>
    public void End(StoredContainer container)
    {
        if (!File.Exists(container.VolumesPath)) return;
        Wake(container);
        using var held = _volumes.Lock();
        foreach (var (_, volume) in Mounted(container))
        {
            var isLast = !containers.All().Exists(other => other.Id != container.Id && File.Exists(other.VolumesPath) && other.Record.Mounts.Exists(mount => mount.Volume == volume.Name));
            try
            {
                Driver(volume).Unmount(volume, container.Id, isLast);
            }
            catch (RefusedException)
            {
                // The plugin is gone, and what it had mounted with it.
            }
        }
        File.Delete(container.VolumesPath); // last, and under the lock: of two that end at once, one sees that it is the last
    }

    // Before the lock, under which nobody is to wait for a plugin that does not answer.
    private void Wake(StoredContainer container) => Mounted(container).ForEach(pair => VolumeDriver.TryOf(pair.Volume.Driver, _volumes));

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
