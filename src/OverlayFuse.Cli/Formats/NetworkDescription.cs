using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>The NetworkSettings of inspect, in docker's order. An address is that of a private network while the container runs; it does not lead in from outside.</summary>
/// <remarks>moby, api/types: NetworkSettings.</remarks>
internal static class NetworkDescription
{
    public static JsonObject Of(StoredContainer container)
    {
        var address = container.IsRunning ? container.State.Address : null;
        var described = Described(container);
        foreach (var place in new[] { described, (JsonObject)described["Networks"]![container.Record.ShownNetwork]! }) Put(place, address);
        return described;
    }

    private static void Put(JsonObject place, NetworkAddress? address)
    {
        if (address is null) return;
        (place["Gateway"], place["IPAddress"], place["IPPrefixLen"], place["MacAddress"]) = (address.Gateway, address.Address, address.PrefixLength, address.MacAddress);
    }

    private static JsonObject Described(StoredContainer container) => new()
    {
        ["Bridge"] = "",
        ["SandboxID"] = "",
        ["HairpinMode"] = false,
        ["LinkLocalIPv6Address"] = "",
        ["LinkLocalIPv6PrefixLen"] = 0,
        ["Ports"] = PortText.Describe(container),
        ["SandboxKey"] = container.IsRunning ? string.Create(CultureInfo.InvariantCulture, $"/proc/{container.State.Pid}/ns/net") : "",
        ["SecondaryIPAddresses"] = Nil.List.ToNode(),
        ["SecondaryIPv6Addresses"] = Nil.List.ToNode(),
        ["EndpointID"] = "",
        ["Gateway"] = "",
        ["GlobalIPv6Address"] = "",
        ["GlobalIPv6PrefixLen"] = 0,
        ["IPAddress"] = "",
        ["IPPrefixLen"] = 0,
        ["IPv6Gateway"] = "",
        ["MacAddress"] = "",
        ["Networks"] = new JsonObject { [container.Record.ShownNetwork] = Endpoint() },
    };

    private static JsonObject Endpoint() => new()
    {
        ["IPAMConfig"] = Nil.Pointer.ToNode(),
        ["Links"] = Nil.List.ToNode(),
        ["Aliases"] = Nil.List.ToNode(),
        ["NetworkID"] = "",
        ["EndpointID"] = "",
        ["Gateway"] = "",
        ["IPAddress"] = "",
        ["IPPrefixLen"] = 0,
        ["IPv6Gateway"] = "",
        ["GlobalIPv6Address"] = "",
        ["GlobalIPv6PrefixLen"] = 0,
        ["MacAddress"] = "",
        ["DriverOpts"] = Nil.Map.ToNode(),
    };
}
