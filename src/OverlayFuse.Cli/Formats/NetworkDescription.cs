using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>The NetworkSettings of inspect, in docker's order. No address of ours leads in from outside, so all that speaks of one is empty.</summary>
/// <remarks>moby, api/types: NetworkSettings.</remarks>
internal static class NetworkDescription
{
    public static JsonObject Of(StoredContainer container) => new()
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
        ["Networks"] = new JsonObject { [container.Record.Network] = Endpoint() },
    };

    private static JsonObject Endpoint() => new()
    {
        ["IPAMConfig"] = null,
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
