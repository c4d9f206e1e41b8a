using System.Text.Json.Nodes;

namespace OverlayFuse.Cli;

/// <summary>Members that docker's JSON leaves out where they say nothing, and its templates know all the same; and what Go has as a map, of which a template may ask for any key.</summary>
/// <remarks>moby, api/types: "omitempty".</remarks>
internal static class LeftOut
{
    // Docker's templates know both.
    private static readonly (string InGo, string InJson)[] OtherNames =
    [
        ("ID", "Id"), ("DNS", "Dns"), ("DNSOptions", "DnsOptions"), ("DNSSearch", "DnsSearch"), ("CPUShares", "CpuShares"), ("NanoCPUs", "NanoCpus"),
        ("CPUPeriod", "CpuPeriod"), ("CPUQuota", "CpuQuota"),
        ("CPURealtimePeriod", "CpuRealtimePeriod"), ("CPURealtimeRuntime", "CpuRealtimeRuntime"), ("CPUCount", "CpuCount"), ("CPUPercent", "CpuPercent"),
    ];

    /// <summary>False: there is no such member.</summary>
    public static bool TryGet(JsonObject members, string name, out JsonNode? value)
    {
        value = null;
        if (IsMap(members)) return true;
        if (Array.Find(OtherNames, pair => pair.InGo == name) is { InJson: { } known } && members.TryGetPropertyValue(known, out value)) return true;
        value = name switch
        {
            "Name" or "Driver" when members.ContainsKey("Propagation") => "", // a mount that is no volume
            "Source" when members.ContainsKey("Target") => "",
            "ReadOnly" when members.ContainsKey("Target") => false,
            "Consistency" or "BindOptions" or "VolumeOptions" or "TmpfsOptions" when members.ContainsKey("Target") => name == "Consistency" ? "" : Nil.Pointer.ToNode(),
            "ArgsEscaped" or "NetworkDisabled" => false,
            "Health" or "Healthcheck" or "Init" or "StopTimeout" or "SizeRw" or "SizeRootFs" or "Node" or "UsageData" => Nil.Pointer.ToNode(),
            "Mounts" or "Shell" => Nil.List.ToNode(),
            "ExposedPorts" or "StorageOpt" or "Sysctls" or "Tmpfs" or "Status" => Nil.Map.ToNode(),
            "MacAddress" or "StopSignal" or "Variant" or "OsVersion" or "BaseLayer" => "",
            _ => null,
        };
        return value is not null;
    }

    /// <summary>The name that it has tells; what no name leads to is a list's or the whole.</summary>
    public static bool IsMap(JsonNode members) => members.Parent is JsonObject holder && (members.GetPropertyName()
        is "Data" or "DriverOpts" or "ExposedPorts" or "Labels" or "Networks" or "Options" or "PortBindings" or "Ports" or "Status" or "Sysctls" or "Tmpfs" or "Volumes"
        || members.GetPropertyName() == "Config" && holder.Parent is JsonObject && holder.GetPropertyName() == "LogConfig");
}
