using System.Text.Json.Nodes;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>The HostConfig of inspect: what a container was asked to have, and what all of ours have, in docker's order.</summary>
/// <remarks>moby, api/types/container: HostConfig.</remarks>
internal static class HostConfigDescription
{
    public static JsonObject Of(ContainerRecord record)
    {
        var config = new JsonObject
        {
            ["Binds"] = ImageDescription.Strings(record.Binds),
            ["ContainerIDFile"] = record.IdFile,
            ["LogConfig"] = new JsonObject { ["Type"] = "json-file", ["Config"] = new JsonObject() },
            ["NetworkMode"] = record.ShownNetwork,
            ["PortBindings"] = PortText.Bindings(record.Ports),
            ["RestartPolicy"] = new JsonObject { ["Name"] = (record.Restart ?? RestartPolicy.No).Name, ["MaximumRetryCount"] = record.Restart?.MaximumRetryCount ?? 0 },
            ["AutoRemove"] = record.AutoRemove,
            ["VolumeDriver"] = "",
            ["VolumesFrom"] = Nil.List.ToNode(),
            ["CapAdd"] = Capabilities(record.CapAdd),
            ["CapDrop"] = Capabilities(record.CapDrop),
            ["CgroupnsMode"] = "host",
            ["Dns"] = ImageDescription.Strings(record.Dns ?? []),
            ["DnsOptions"] = ImageDescription.Strings(record.DnsOptions ?? []),
            ["DnsSearch"] = ImageDescription.Strings(record.DnsSearch ?? []),
            ["ExtraHosts"] = ImageDescription.Strings(record.ExtraHosts),
            ["GroupAdd"] = ImageDescription.Strings(record.GroupAdd),
            ["IpcMode"] = "private",
            ["Cgroup"] = "",
            ["Links"] = Nil.List.ToNode(),
            ["OomScoreAdj"] = 0,
            ["PidMode"] = "",
            ["Privileged"] = record.Privileged,
            ["PublishAllPorts"] = false,
            ["ReadonlyRootfs"] = record.ReadOnly,
            ["SecurityOpt"] = record.SecurityOptions.Count > 0 ? ImageDescription.Strings(record.SecurityOptions) : Nil.List.ToNode(),
        };
        if (record.Tmpfs is not null) config["Tmpfs"] = ImageDescription.Pairs(record.Tmpfs);
        config["UTSMode"] = "";
        config["UsernsMode"] = "";
        config["ShmSize"] = record.ShmSize;
        if (record.Sysctls is not null) config["Sysctls"] = ImageDescription.Pairs(record.Sysctls);
        config["Runtime"] = record.Runtime;
        config["ConsoleSize"] = new JsonArray(0, 0);
        config["Isolation"] = "";
        AddResources(config, record);
        if (record.Mounts.Where(mount => mount.IsFromMountFlag).Select(MountFlagDescription.Of).ToArray<JsonNode>() is { Length: > 0 } mounts) config["Mounts"] = new JsonArray(mounts);
        config["MaskedPaths"] = ImageDescription.Strings(record.Privileged ? null : RuntimeSpec.Masked);
        config["ReadonlyPaths"] = ImageDescription.Strings(record.Privileged ? null : RuntimeSpec.ReadOnlyPaths);
        if (record.Init) config["Init"] = true;
        return config;
    }

    private static void AddResources(JsonObject config, ContainerRecord record)
    {
        config["CpuShares"] = 0;
        config["Memory"] = record.Memory;
        config["NanoCpus"] = record.NanoCpus;
        config["CgroupParent"] = "";
        config["BlkioWeight"] = 0;
        config["BlkioWeightDevice"] = new JsonArray();
        foreach (var list in new[] { "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps" }) config[list] = Nil.List.ToNode();
        foreach (var number in new[] { "CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime" }) config[number] = 0;
        config["CpusetCpus"] = "";
        config["CpusetMems"] = "";
        config["Devices"] = new JsonArray([.. (record.Devices ?? []).Select(Device)]);
        config["DeviceCgroupRules"] = Nil.List.ToNode();
        config["DeviceRequests"] = Nil.List.ToNode();
        config["KernelMemory"] = 0;
        config["KernelMemoryTCP"] = 0;
        config["MemoryReservation"] = 0;
        config["MemorySwap"] = 2 * record.Memory; // memory and swap together
        config["MemorySwappiness"] = Nil.Pointer.ToNode();
        config["OomKillDisable"] = false;
        config["PidsLimit"] = record.PidsLimit > 0 ? record.PidsLimit : Nil.Pointer.ToNode();
        config["Ulimits"] = record.Ulimits is { } limits ? new JsonArray([.. limits.Select(Limit)]) : Nil.List.ToNode();
        foreach (var number in new[] { "CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth" }) config[number] = 0;
    }

    // As people write them, and docker's inspect shows them.
    private static JsonNode Capabilities(List<string>? names) =>
        ImageDescription.Strings(names?.Select(name => name.StartsWith("CAP_", StringComparison.Ordinal) ? name["CAP_".Length..] : name));

    private static JsonNode Device(DeviceMapping device) =>
        new JsonObject { ["PathOnHost"] = device.PathOnHost, ["PathInContainer"] = device.PathInContainer, ["CgroupPermissions"] = device.CgroupPermissions };

    private static JsonNode Limit(Ulimit limit) => new JsonObject { ["Name"] = limit.Name, ["Hard"] = limit.Hard, ["Soft"] = limit.Soft };
}
