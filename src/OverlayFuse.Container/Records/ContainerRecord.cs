using System.Text.Json.Serialization;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>A container as it was asked for, in containers/ID/container.json. Only its name ever changes.</summary>
public sealed class ContainerRecord
{
    public const long UsualShmSize = 64L << 20; // docker's

    public required string Id { get; set; }

    public required string Name { get; set; }

    public required DateTimeOffset Created { get; set; }

    /// <summary>The storage driver.</summary>
    public string Driver { get; set; } = StorageDrivers.Own;

    /// <summary>The image as it was named.</summary>
    public required string Image { get; set; }

    public required string ImageId { get; set; }

    /// <summary>The image's layers in overlay2, topmost first.</summary>
    public required List<string> Layers { get; set; }

    /// <summary>The container's own directory in overlay2; beside it lies that of the first files, with "-init" behind it.</summary>
    public required string LayerId { get; set; }

    public required ContainerConfig Config { get; set; }

    /// <summary>The program and its arguments.</summary>
    public required List<string> Command { get; set; }

    public required string Hostname { get; set; }

    public string Domainname { get; set; } = "";

    /// <summary>What --sysctl said.</summary>
    public SortedDictionary<string, string>? Sysctls { get; set; }

    public bool Terminal { get; set; }

    public bool OpenInput { get; set; }

    public bool AutoRemove { get; set; }

    public bool ReadOnly { get; set; }

    /// <summary>It is a step of a build, and goes with it.</summary>
    public bool IsBuildStep { get; set; }

    /// <summary>Nothing ever runs in it: its files are the image's, without those that containers have in addition.</summary>
    public bool IsOnlyRead { get; set; }

    /// <summary>"none", "host" or "private".</summary>
    public required string Network { get; set; }

    /// <summary>"bridge" where docker's word asked for a private network; null: as it is called here.</summary>
    public string? NetworkName { get; set; }

    /// <summary>As lists and inspect show it.</summary>
    [JsonIgnore]
    public string ShownNetwork => NetworkName ?? Network;

    /// <summary>What is published, as it was asked for.</summary>
    public List<PortMapping> Ports { get; set; } = [];

    /// <summary>The most memory in bytes; 0: no limit.</summary>
    public long Memory { get; set; }

    /// <summary>Billionths of a processor; 0: no limit.</summary>
    public long NanoCpus { get; set; }

    /// <summary>The most processes; 0: no limit.</summary>
    public long PidsLimit { get; set; }

    /// <summary>Bytes of /dev/shm.</summary>
    public long ShmSize { get; set; } = UsualShmSize;

    public List<Ulimit>? Ulimits { get; set; }

    public List<string> SecurityOptions { get; set; } = [];

    /// <summary>All rights that there are, and all devices.</summary>
    public bool Privileged { get; set; }

    /// <summary>Capabilities, or ALL.</summary>
    public List<string>? CapAdd { get; set; }

    public List<string>? CapDrop { get; set; }

    /// <summary>Further groups of its user, by name or number.</summary>
    public List<string>? GroupAdd { get; set; }

    public List<DeviceMapping>? Devices { get; set; }

    /// <summary>"NAME:ADDRESS", for its /etc/hosts.</summary>
    public List<string>? ExtraHosts { get; set; }

    /// <summary>Name servers, in the place of the network's.</summary>
    public List<string>? Dns { get; set; }

    public List<string>? DnsSearch { get; set; }

    public List<string>? DnsOptions { get; set; }

    /// <summary>The file in which its id was written; empty: none was asked for.</summary>
    public string IdFile { get; set; } = "";

    /// <summary>Seconds that "stop" waits; null: as many as it always does.</summary>
    public int? StopTimeout { get; set; }

    /// <summary>When it is started again; null: never.</summary>
    public RestartPolicy? Restart { get; set; }

    public bool Init { get; set; }

    /// <summary>The OCI runtime.</summary>
    public string Runtime { get; set; } = "runc";

    public required List<MountPoint> Mounts { get; set; }

    /// <summary>What -v said of binds and named volumes, for inspect.</summary>
    public List<string>? Binds { get; set; }

    /// <summary>What --tmpfs said.</summary>
    public SortedDictionary<string, string>? Tmpfs { get; set; }

    public string InitLayerId => LayerId + "-init";

    /// <summary>All layers below the container's own, topmost first.</summary>
    public IReadOnlyList<string> Lowers => IsOnlyRead && Layers.Count > 0 ? Layers : [InitLayerId, .. Layers]; // a union has at least one
}
