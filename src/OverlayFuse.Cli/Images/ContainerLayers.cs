using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>Which image layers containers stand on.</summary>
internal static class ContainerLayers
{
    public static bool AreUsed(ContainerStore containers, string layer) => containers.All().Exists(container => container.Record.Layers.Contains(layer));
}
