using System.Text.Json.Nodes;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>What inspect says of a volume, with docker's names in docker's order.</summary>
internal static class VolumeDescription
{
    public static JsonObject Of(VolumeStore volumes, VolumeRecord volume)
    {
        var facts = VolumeDriver.Of(volume.Driver, volumes, $"get {volume.Name}").FactsOf(volume);
        var described = new JsonObject
        {
            ["CreatedAt"] = GoTime.Seconds(facts.Created),
            ["Driver"] = volume.Driver,
            ["Labels"] = volume.IsOfPlugin ? Nil.Map.ToNode() : ImageDescription.Pairs(volume.Labels),
            ["Mountpoint"] = facts.Path,
            ["Name"] = volume.Name,
            ["Options"] = volume.IsOfPlugin ? Nil.Map.ToNode() : ImageDescription.Pairs(volume.Options),
            ["Scope"] = facts.Scope,
        };
        if (facts.Status is { Count: > 0 }) described["Status"] = facts.Status;
        return described;
    }
}
