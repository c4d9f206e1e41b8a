using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Takes a container away that nobody serves any more, and what a killed supervisor left of it.</summary>
internal sealed class ContainerRemoval(ContainerStore store)
{
    public void Remove(StoredContainer container, bool withVolumes)
    {
        CleanUp(container);
        store.Remove(container);
        if (!withVolumes) return;
        var volumes = new VolumeStore(store.State);
        using var held = volumes.Lock();
        foreach (var name in container.Record.Mounts.Where(mount => mount.IsAnonymous).Select(mount => mount.Volume!).Where(name => volumes.Find(name) is not null))
        {
            if (!VolumeUse.Of(store, name).Any()) volumes.Remove(name);
        }
    }

    /// <summary>The mount and the processes of one whose supervisor was killed.</summary>
    public void CleanUp(StoredContainer container)
    {
        if (Directory.Exists(container.RuntimeRoot)) Runtime.Of(container).RunQuietly("delete", "--force", container.Id);
        var merged = Encoding.UTF8.GetBytes(Path.Combine(store.Layers.PathOf(container.Record.LayerId), "merged"));
        if (MountInfo.Find(merged) is not null && Unmounter.Unmount(merged) is { } failure) throw new RefusedException(failure);
    }
}
