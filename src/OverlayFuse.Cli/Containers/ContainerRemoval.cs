using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Takes a container away that nobody serves any more.</summary>
internal sealed class ContainerRemoval(ContainerStore store)
{
    /// <exception cref="RefusedException">Somebody is starting it.</exception>
    public void Remove(StoredContainer container, bool withVolumes)
    {
        if (!TryRemove(container, withVolumes)) throw ContainerLauncher.AlreadyServed(container);
    }

    /// <summary>False: somebody is starting it.</summary>
    public bool TryRemove(StoredContainer container, bool withVolumes)
    {
        Leftovers.TakeAway(store, container); // in the middle of a build, too
        using var held = ContainerStore.Serve(container); // nobody starts it while it goes
        if (held is null) return false;
        RemoveServed(container, withVolumes);
        return true;
    }

    /// <summary>The same for who holds its lock.</summary>
    public void RemoveServed(StoredContainer container, bool withVolumes)
    {
        store.Remove(container);
        if (withVolumes) RemoveVolumes(container.Record);
    }

    /// <summary>Those without a name that no other container uses.</summary>
    public void RemoveVolumes(ContainerRecord record)
    {
        var volumes = new VolumeStore(store.State);
        using var held = volumes.Lock();
        foreach (var volume in record.Mounts.Where(mount => mount.IsAnonymous).Select(mount => volumes.Find(mount.Volume!)).OfType<VolumeRecord>())
        {
            if (!VolumeUse.Of(store, volume.Name).Any()) volumes.Remove(volume);
        }
    }
}
