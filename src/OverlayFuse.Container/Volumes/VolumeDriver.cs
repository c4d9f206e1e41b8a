using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>Who keeps what volumes hold: we do ("local"), or a plugin.</summary>
public abstract class VolumeDriver
{
    public const string Local = "local";

    /// <param name="deed">What it is wanted for, should it be missing: "create NAME".</param>
    /// <exception cref="RefusedException">There is no such driver; in docker's words.</exception>
    public static VolumeDriver Of(string name, VolumeStore volumes, string deed) => name == Local ? new LocalVolumes(volumes) : VolumePlugin.Find(name, deed);

    /// <summary>Null where it is not there or does not answer. Who has asked before a lock is taken does not wait for its plugin under the lock.</summary>
    public static VolumeDriver? TryOf(string name, VolumeStore volumes) => name == Local ? new LocalVolumes(volumes) : VolumePlugin.TryFind(name);

    /// <exception cref="RefusedException">Its options make no sense, or the driver refuses.</exception>
    public abstract void Create(VolumeRecord volume);

    public abstract void Remove(VolumeRecord volume);

    /// <summary>Where the volume is; empty: nowhere, as long as it is not mounted.</summary>
    public abstract string PathOf(VolumeRecord volume);

    public virtual VolumeFacts FactsOf(VolumeRecord volume) => new(PathOf(volume), volume.Created, null, Local);

    /// <summary>Has it there for one use, and says where.</summary>
    /// <param name="use">64 digits, which <see cref="Unmount"/> gets too.</param>
    public abstract string Mount(VolumeRecord volume, string use);

    /// <param name="isLast">No other container that runs has it.</param>
    public abstract void Unmount(VolumeRecord volume, string use, bool isLast);
}
