using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>Published and exposed ports as docker shows them.</summary>
internal static class PortText
{
    /// <summary>For lists: "0.0.0.0:8080->80/tcp", and those that are exposed only.</summary>
    public static string Of(StoredContainer container)
    {
        if (!container.IsRunning || container.Record.Network != "private") return "";
        var published = container.State.Ports ?? [];
        var exposed = (container.Record.Config.ExposedPorts?.Keys ?? Enumerable.Empty<string>()).Where(port => !published.Exists(own => own.Exposed == port));
        return string.Join(", ", published.Select(port => $"{port.HostIp}:{port.HostPort}->{port.Exposed}").Concat(exposed));
    }

    /// <summary>For inspect: every exposed port, and where it is published while the container runs.</summary>
    public static JsonObject Describe(StoredContainer container)
    {
        if (!container.IsRunning || container.Record.Network != "private") return [];
        var ports = Bindings(container.State.Ports ?? []);
        foreach (var exposed in container.Record.Config.ExposedPorts?.Keys.ToArray() ?? []) ports.TryAdd(exposed, Nil.List.ToNode());
        return ports;
    }

    public static JsonObject Bindings(IEnumerable<PortMapping> ports)
    {
        var bindings = new JsonObject();
        foreach (var group in ports.GroupBy(port => port.Exposed)) bindings[group.Key] = new JsonArray([.. group.Select(Binding)]);
        return bindings;
    }

    private static JsonNode Binding(PortMapping port) =>
        new JsonObject { ["HostIp"] = port.HostIp, ["HostPort"] = port.HostText };
}
