using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OverlayFuse.Cli;

/// <summary>What docker's templates print of a value that is a struct in Go: all fields in their order, those too that JSON leaves out, without their names. Pure.</summary>
/// <remarks>
/// moby, api/types. Where docker prints the address of what a field points to ("0xc000290940"), which says nothing to anybody, we print that itself: "&amp;{...}" as Go
/// does where it looks behind a pointer, or a number.
/// </remarks>
internal static partial class GoStruct
{
    private const string Configuration = "Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce Env Cmd Healthcheck ArgsEscaped Image Volumes " +
        "WorkingDir Entrypoint NetworkDisabled MacAddress OnBuild Labels StopSignal StopTimeout Shell";

    private const string Resources = "CpuShares Memory NanoCpus CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps " +
        "CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus CpusetMems Devices DeviceCgroupRules DeviceRequests KernelMemory KernelMemoryTCP MemoryReservation MemorySwap " +
        "MemorySwappiness OomKillDisable PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth";

    // By members that no other kind has. What stands in braces is a struct of its own inside.
    private static readonly (string Members, string Fields)[] Kinds =
    [
        ("ResolvConfPath", "&{Id Created Path Args State Image ResolvConfPath HostnamePath HostsPath LogPath Node Name RestartCount Driver Platform MountLabel ProcessLabel AppArmorProfile ExecIDs " +
            "HostConfig GraphDriver SizeRw SizeRootFs} Mounts Config NetworkSettings"),
        ("OOMKilled", "Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt Health"),
        ("AttachStdin", Configuration),
        ("ContainerIDFile", "Binds ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove VolumeDriver VolumesFrom CapAdd CapDrop CgroupnsMode Dns DnsOptions DnsSearch " +
            "ExtraHosts GroupAdd IpcMode Cgroup Links OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt StorageOpt Tmpfs UTSMode UsernsMode ShmSize Sysctls Runtime " +
            $"ConsoleSize Isolation {{{Resources}}} Mounts MaskedPaths ReadonlyPaths Init"),
        ("SandboxKey", "{Bridge SandboxID HairpinMode LinkLocalIPv6Address LinkLocalIPv6PrefixLen Ports SandboxKey SecondaryIPAddresses SecondaryIPv6Addresses} " +
            "{EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen IPAddress IPPrefixLen IPv6Gateway MacAddress} Networks"),
        ("RW", "Type Name Source Destination Driver Mode RW Propagation"),
        ("Target", "Type Source Target ReadOnly Consistency BindOptions VolumeOptions TmpfsOptions"),
        ("RepoTags", "Id RepoTags RepoDigests Parent Comment Created Container ContainerConfig DockerVersion Author Config Architecture " +
            "Variant Os OsVersion Size VirtualSize GraphDriver RootFS Metadata"),
        ("Layers", "Type Layers BaseLayer"),
        ("CreatedAt Mountpoint", "CreatedAt Driver Labels Mountpoint Name Options Scope Status UsageData"),
    ];

    private static readonly string[] Pointers =
        ["State", "Health", "HostConfig", "Config", "ContainerConfig", "Healthcheck", "NetworkSettings", "BindOptions", "VolumeOptions", "TmpfsOptions", "DriverConfig"];

    /// <param name="isNamed">Each field has its name before it: %+v.</param>
    public static string Print(JsonObject value, bool isNamed)
    {
        if (IsLimit(value)) return $"{value["Name"]}={value["Soft"]}:{value["Hard"]}";
        var fields = Kind(value) ?? string.Join(' ', value.Select(pair => pair.Key));
        return $"{{{Name().Replace(fields, match => (isNamed ? match.Value + ":" : "") + GoText.PrintInside(Field(value, match.Value), isNamed))}}}";
    }

    /// <summary>Go has it behind a pointer.</summary>
    public static bool IsPointer(JsonNode? value) => value is JsonObject { Parent: JsonObject holder } && !LeftOut.IsMap(value)
        && (Pointers.Contains(value.GetPropertyName()) || holder.Parent is JsonObject && holder.GetPropertyName() == "Networks");

    private static JsonNode? Field(JsonObject value, string name) => value.TryGetPropertyValue(name, out var field) || LeftOut.TryGet(value, name, out field) ? field : Nil.Pointer.ToNode();

    // Null for what has no more fields than its JSON, in its order.
    private static string? Kind(JsonObject value) => Array.Find(Kinds, kind => kind.Members.Split(' ').All(value.ContainsKey)).Fields;

    // It has words of its own for itself.
    private static bool IsLimit(JsonObject value) => value.Count == 3 && value.ContainsKey("Soft") && value.ContainsKey("Hard");

    [GeneratedRegex(@"\w+")]
    private static partial Regex Name();
}
