using System.Text.Json.Nodes;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>The HostConfig of inspect: what a container was asked to have, and what all of ours have, in docker's order.</summary>
/// <remarks>moby, api/types/container: HostConfig.</remarks>
internal static class HostConfigDescription
{
    private const long SharedMemory = 64 << 20; // of /dev/shm

    public static JsonObject Of(ContainerRecord record)
    {
        var config = new JsonObject
        {
            ["Binds"] = ImageDescription.Strings(record.Binds),
            ["ContainerIDFile"] = "",
            ["LogConfig"] = new JsonObject { ["Type"] = "json-file", ["Config"] = new JsonObject() },
            ["NetworkMode"] = record.Network,
            ["PortBindings"] = PortText.Bindings(record.Ports),
            ["RestartPolicy"] = new JsonObject { ["Name"] = "no", ["MaximumRetryCount"] = 0 },
            ["AutoRemove"] = record.AutoRemove,
            ["VolumeDriver"] = "",
            ["VolumesFrom"] = Nil.List.ToNode(),
            ["CapAdd"] = Nil.List.ToNode(),
            ["CapDrop"] = Nil.List.ToNode(),
            ["CgroupnsMode"] = "host",
            ["Dns"] = new JsonArray(),
            ["DnsOptions"] = new JsonArray(),
            ["DnsSearch"] = new JsonArray(),
            ["ExtraHosts"] = Nil.List.ToNode(),
            ["GroupAdd"] = Nil.List.ToNode(),
            ["IpcMode"] = "private",
            ["Cgroup"] = "",
            ["Links"] = Nil.List.ToNode(),
            ["OomScoreAdj"] = 0,
            ["PidMode"] = "",
            ["Privileged"] = false,
            ["PublishAllPorts"] = false,
            ["ReadonlyRootfs"] = record.ReadOnly,
            ["SecurityOpt"] = record.SecurityOptions.Count > 0 ? ImageDescription.Strings(record.SecurityOptions) : Nil.List.ToNode(),
        };
        if (record.Tmpfs is not null) config["Tmpfs"] = ImageDescription.Pairs(record.Tmpfs);
        config["UTSMode"] = "";
        config["UsernsMode"] = "";
        config["ShmSize"] = SharedMemory;
        config["Runtime"] = record.Runtime;
        config["ConsoleSize"] = new JsonArray(0, 0);
        config["Isolation"] = "";
        AddResources(config, record);
        if (record.Mounts.Where(mount => mount.IsFromMountFlag).Select(MountFlagDescription.Of).ToArray<JsonNode>() is { Length: > 0 } mounts) config["Mounts"] = new JsonArray(mounts);
        config["MaskedPaths"] = ImageDescription.Strings(RuntimeSpec.Masked);
        config["ReadonlyPaths"] = ImageDescription.Strings(RuntimeSpec.ReadOnlyPaths);
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
        config["Devices"] = new JsonArray();
        config["DeviceCgroupRules"] = Nil.List.ToNode();
        config["DeviceRequests"] = Nil.List.ToNode();
        config["KernelMemory"] = 0;
        config["KernelMemoryTCP"] = 0;
        config["MemoryReservation"] = 0;
        config["MemorySwap"] = 2 * record.Memory; // memory and swap together
        config["MemorySwappiness"] = null;
        config["OomKillDisable"] = false;
        config["PidsLimit"] = null;
        config["Ulimits"] = Nil.List.ToNode();
        foreach (var number in new[] { "CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth" }) config[number] = 0;
    }
}
