using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>From a request to a container that is there and not started.</summary>
internal static class ContainerMaking
{
    private const int Refused = 125;

    /// <exception cref="RefusedException">There is no such image, the name is taken, a mount makes no sense.</exception>
    public static StoredContainer Create(ContainerStore store, RunRequest request, PullPolicy pull)
    {
        if (ImageReference.TryParsePinned(request.Image) is null) throw new RefusedException(ImageReference.Refusal(request.Image) + ".");
        var images = new ImageStore(store.State);
        using var idFile = request.IdFile is null ? null : ContainerIdFile.Create(request.IdFile);
        ImagePull.BringIn(images, request.Image, pull); // before the lock, which it takes itself
        var sources = new MountSources(new VolumeStore(store.State));
        sources.LookUp(ContainerPlan.AskedMounts(request));
        using var imagesHeld = images.Lock(); // no image goes while a container is put upon it
        var image = images.Find(request.Image) ?? throw new RefusedException(
            $"Unable to find image '{request.Image}' locally. overlayfuse images lists those that are here; pull, load and import add others.");
        using var namesHeld = store.Lock();
        var record = ContainerPlan.For(request, image, Name(store, request.Name), request.VolumesFrom.SelectMany(other => MountsOf(store, other)));
        CheckRights(record);
        var made = Make(store, record, sources);
        idFile?.Write(made.Id);
        if (record is { Network: "host", Ports.Count: > 0 }) Terminal.Say("WARNING: Published ports are discarded when using host network mode");
        return made;
    }

    private static StoredContainer Make(ContainerStore store, ContainerRecord record, MountSources sources)
    {
        try
        {
            sources.Prepare(record);
            return store.Create(record);
        }
        catch // whatever it is: nobody would ever take them away
        {
            new ContainerRemoval(store).RemoveVolumes(record);
            throw;
        }
    }

    // "--volumes-from CONTAINER[:ro|:rw]"
    private static IEnumerable<MountPoint> MountsOf(ContainerStore store, string other)
    {
        var (name, mode) = other.IndexOf(':') is var at and >= 0 ? (other[..at], other[(at + 1)..]) : (other, "rw");
        if (mode is not ("ro" or "rw")) throw new RefusedException($"invalid mode: {mode}.");
        var container = store.Find(name) ?? throw new RefusedException($"No such container: {name}");
        var mounts = container.Record.Mounts; // read anew: they are ours to change
        if (mode == "ro") mounts.ForEach(mount => mount.ReadOnly = true);
        return mounts;
    }

    // Before anything is made: the container could never be started.
    private static void CheckRights(ContainerRecord record)
    {
        if (record.Driver == StorageDrivers.Kernel && !Caller.Current().IsHostRoot)
            throw new RefusedException("the storage driver overlay2 is the kernel's overlayfs, which only root can mount. An ordinary user can use overlayfuse and vfs.",
                Refused);
        if (record.Domainname.Length > 0 && !Caller.Current().IsHostRoot)
            throw new RefusedException("--domainname is for root only: the kernel gives an ordinary user's container no domain name of its own.", Refused);
        var limit = record.Memory > 0 ? "memory" : record.NanoCpus > 0 ? "cpus" : record.PidsLimit > 0 ? "pids-limit" : null;
        if (limit is null || Caller.Current().IsHostRoot) return;
        throw new RefusedException($"--{limit} limits a control group, and an ordinary user's containers have none of their own. Run it as root.", Refused);
    }

    private static string Name(ContainerStore store, string? wanted)
    {
        var taken = store.All().ToDictionary(container => container.Record.Name, container => container.Id);
        if (wanted is null or "") return ContainerNames.New(taken.ContainsKey);
        CheckName(wanted, taken);
        return wanted;
    }

    public static void CheckName(string wanted, IReadOnlyDictionary<string, string> taken)
    {
        if (!ContainerNames.IsValid(wanted)) throw new RefusedException($"Invalid container name ({wanted}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed.");
        if (taken.TryGetValue(wanted, out var id))
            throw new RefusedException(
                $"Conflict. The container name \"/{wanted}\" is already in use by container \"{id}\". You have to remove (or rename) that container to be able to " +
                "reuse that name.");
    }
}
