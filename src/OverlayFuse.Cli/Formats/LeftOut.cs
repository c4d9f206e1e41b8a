using System.Text.Json.Nodes;

namespace OverlayFuse.Cli;

/// <summary>Members that docker's JSON leaves out where they say nothing, and its templates know all the same; and what Go has as a map, of which a template may ask for any key.</summary>
/// <remarks>moby, api/types: "omitempty".</remarks>
internal static class LeftOut
{
    /// <summary>False: there is no such member.</summary>
    public static bool TryGet(JsonObject members, string name, out JsonNode? value)
    {
        value = null;
        if (IsMap(members)) return true;
        value = name switch
        {
            "Name" or "Driver" when members.ContainsKey("Propagation") => "", // a mount that is no volume
            "Source" when members.ContainsKey("Target") => "",
            "ReadOnly" when members.ContainsKey("Target") => false,
            "NetworkDisabled" => false,
            "Health" or "Healthcheck" or "Init" or "StopTimeout" or "SizeRw" or "SizeRootFs" => Nil.Pointer.ToNode(),
            "Mounts" or "Shell" => Nil.List.ToNode(),
            "ExposedPorts" or "StorageOpt" or "Sysctls" or "Tmpfs" => Nil.Map.ToNode(),
            "MacAddress" or "StopSignal" => "",
            _ => null,
        };
        return value is not null;
    }

    // The name that it has tells; what no name leads to is a list's or the whole.
    private static bool IsMap(JsonObject members) => members.Parent is JsonObject &&
        members.GetPropertyName() is "Data" or "DriverOpts" or "ExposedPorts" or "Labels" or "Networks" or "Options" or "PortBindings" or "Ports" or "Sysctls" or "Tmpfs" or "Volumes";
}
