namespace OverlayFuse.Container;

/// <summary>What "run" and "create" were asked for, before anything is looked at.</summary>
public sealed class RunRequest
{
    public required string Image { get; init; }

    /// <summary>The program and its arguments; empty: the image's.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The storage driver.</summary>
    public string Driver { get; init; } = StorageDrivers.Own;

    public string? Name { get; init; }

    public IReadOnlyList<string> Environment { get; init; } = [];

    public string? WorkingDirectory { get; init; }

    public string? User { get; init; }

    /// <summary>"" takes the image's away.</summary>
    public string? Entrypoint { get; init; }

    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>The driver of volumes that -v makes.</summary>
    public string? VolumeDriver { get; init; }

    public IReadOnlyList<string> Mounts { get; init; } = [];

    public IReadOnlyList<string> Tmpfs { get; init; } = [];

    public IReadOnlyList<string> VolumesFrom { get; init; } = [];

    public IReadOnlyList<string> Labels { get; init; } = [];

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    /// <summary>"NAME=VALUE", for the kernel.</summary>
    public IReadOnlyList<string> Sysctls { get; init; } = [];

    /// <summary>Further ports that it listens on.</summary>
    public IReadOnlyList<string> Expose { get; init; } = [];

    public bool NoHealthcheck { get; init; }

    /// <summary>Null: private where ports are published, else none.</summary>
    public string? Network { get; init; }

    /// <summary>What "-p" says.</summary>
    public IReadOnlyList<string> Publish { get; init; } = [];

    /// <summary>"-P": all ports that the image exposes, too.</summary>
    public bool PublishAll { get; init; }

    /// <summary>Bytes, as "64m".</summary>
    public string? Memory { get; init; }

    /// <summary>How many processors, as "1.5".</summary>
    public string? Cpus { get; init; }

    /// <summary>The most processes; 0 and -1: no limit.</summary>
    public long PidsLimit { get; init; }

    /// <summary>Bytes of /dev/shm, as "64m".</summary>
    public string? ShmSize { get; init; }

    public IReadOnlyList<string> Ulimits { get; init; } = [];

    public IReadOnlyList<string> SecurityOptions { get; init; } = [];

    public bool Privileged { get; init; }

    public IReadOnlyList<string> CapAdd { get; init; } = [];

    public IReadOnlyList<string> CapDrop { get; init; } = [];

    public IReadOnlyList<string> GroupAdd { get; init; } = [];

    public IReadOnlyList<string> Devices { get; init; } = [];

    public IReadOnlyList<string> ExtraHosts { get; init; } = [];

    public IReadOnlyList<string> Dns { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary>A file that gets the container's id.</summary>
    public string? IdFile { get; init; }

    /// <summary>A signal, by name or number.</summary>
    public string? StopSignal { get; init; }

    public int? StopTimeout { get; init; }

    /// <summary>"--restart": when it is started again.</summary>
    public string? Restart { get; init; }

    /// <summary>A small first process that reaps others.</summary>
    public bool Init { get; init; }

    /// <summary>The OCI runtime: a program, by name or path.</summary>
    public string? Runtime { get; init; }

    public bool ReadOnly { get; init; }

    public bool Terminal { get; init; }

    public bool OpenInput { get; init; }

    public bool AutoRemove { get; init; }
}
