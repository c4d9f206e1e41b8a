using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>Which layers containers stand on, their own among them.</summary>
internal static class ContainerLayers
{
    public static bool AreUsed(ContainerStore containers, string layer) => containers.All().Exists(container => container.Record.Lowers.Contains(layer) || container.Record.LayerId == layer);
}
