using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>What a bundle owes to where it is made.</summary>
/// <param name="IsRootless">In a user namespace: no cgroups of ours, and no device rules.</param>
/// <param name="HasManyIds">False: one id only is mapped, and devpts cannot have a group of its own.</param>
/// <param name="Capabilities">Bit by bit, what there is to be given.</param>
/// <param name="Devices">Those of the host that the container gets.</param>
public sealed record HostFacts(bool IsRootless, bool HasManyIds, ulong Capabilities, IReadOnlyList<DeviceNode> Devices)
{
    /// <exception cref="RefusedException">A device that was asked for is not there.</exception>
    public static HostFacts For(ContainerRecord record, bool isRootless) => new(isRootless, !UserNamespace.HasOneUser, BoundingSet(), HostDevices.Find(record));

    /// <summary>The capabilities that this process may give.</summary>
    public static ulong BoundingSet() => Container.Capabilities.BoundingSet(File.ReadAllText("/proc/self/status"));
}
