using System.Text.Json.Nodes;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>What inspect says of a volume, with docker's names in docker's order.</summary>
internal static class VolumeDescription
{
    public static JsonObject Of(VolumeStore volumes, VolumeRecord volume) => new()
    {
        ["CreatedAt"] = GoTime.Seconds(volume.Created),
        ["Driver"] = volume.Driver,
        ["Labels"] = ImageDescription.Pairs(volume.Labels),
        ["Mountpoint"] = VolumeDriver.Of(volume.Driver, volumes, $"get {volume.Name}").PathOf(volume),
        ["Name"] = volume.Name,
        ["Options"] = ImageDescription.Pairs(volume.Options),
        ["Scope"] = "local",
    };
}
