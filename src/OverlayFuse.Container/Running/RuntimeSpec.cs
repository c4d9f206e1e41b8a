using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The config.json of a bundle (OCI runtime-spec): docker's rights, mounts and masked paths. Pure.</summary>
public sealed class RuntimeSpec(ContainerRecord record, HostFacts host)
{
    private const long CpuPeriod = 100_000; // microseconds

    /// <summary>What no container sees.</summary>
    public static IReadOnlyList<string> Masked { get; } =
        ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"];

    /// <summary>What none may change.</summary>
    public static IReadOnlyList<string> ReadOnlyPaths { get; } = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    private readonly List<string> _capabilities = Capabilities.Of(record, host.Capabilities);

    private bool HasHostNetwork => record.Network == "host";

    private string SystemAccess => record.Privileged && !host.IsRootless ? "rw" : "ro";

    /// <param name="rootPath">Where the union is mounted.</param>
    /// <param name="files">The directory of hosts, hostname and resolv.conf.</param>
    public JsonObject Write(string rootPath, string files, UserLookup user) => new()
    {
        ["ociVersion"] = "1.0.2",
        ["process"] = Process(user),
        ["root"] = new JsonObject { ["path"] = rootPath, ["readonly"] = record.ReadOnly },
        ["hostname"] = record.Hostname,
        ["mounts"] = Mounts(files),
        ["linux"] = Linux(),
    };

    private JsonObject Process(UserLookup user) => new ProcessSpec(record, user)
    {
        Arguments = record.Init ? [InitProgram.Place, "--", .. record.Command] : record.Command,
        Environment = record.Config.Env ?? [],
        Directory = record.Config.WorkingDir,
        Terminal = record.Terminal,
        Capabilities = _capabilities,
    }.Write();

    private JsonArray Mounts(string files)
    {
        List<JsonNode?> mounts =
        [
            Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            host.HasManyIds
                ? Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")
                : Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", string.Create(CultureInfo.InvariantCulture, $"size={record.ShmSize}")),
            Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),

            // sysfs shows a network: that of another user namespace cannot be mounted, only bound.
            host.IsRootless && HasHostNetwork
                ? Mount("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro")
                : Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", SystemAccess),
        ];
        if (!host.IsRootless) mounts.Add(Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", SystemAccess));
        if (host.IsRootless) mounts.AddRange(host.Devices.Select(device => Mount(device.Path, "bind", device.Source, "bind", device.Access.Contains('w') ? "rw" : "ro"))); // who makes nodes is root
        if (record.Init) mounts.Add(Mount(InitProgram.Place, "bind", InitProgram.Find(), "bind", "ro"));

        // In the order of depth: one inside another comes after it, as hosts does after a volume on /etc; and of two in one place that which was asked for.
        var access = record.ReadOnly ? "ro" : "rw";
        var ours = ContainerFiles.Names.Select(name => (Target: "/etc/" + name, Mount: Mount("/etc/" + name, "bind", Path.Combine(files, name), "rbind", "rprivate", access)));
        var all = ours.Concat(record.Mounts.Select(mount => (mount.Target, Mount: Of(mount))));
        return new JsonArray([.. mounts, .. all.OrderBy(mount => mount.Target.Count(c => c == '/')).Select(mount => mount.Mount)]);
    }

    private static JsonObject Of(MountPoint mount) => mount.Kind == MountKind.Tmpfs
        ? Mount(mount.Target, "tmpfs", "tmpfs", ["nosuid", "nodev", "noexec", .. mount.Options, .. mount.ReadOnly ? ["ro"] : Array.Empty<string>()])
        : Mount(mount.Target, "bind", mount.Source, [mount.NonRecursive ? "bind" : "rbind", mount.ReadOnly ? "ro" : "rw", mount.Propagation.Length > 0 ? mount.Propagation : "rprivate"]);

    private JsonObject Linux()
    {
        string[] kinds = HasHostNetwork ? ["pid", "ipc", "uts", "mount"] : ["pid", "ipc", "uts", "mount", "network"];
        var namespaces = new JsonArray([.. kinds.Select(kind => new JsonObject { ["type"] = kind })]);
        var linux = new JsonObject { ["namespaces"] = namespaces };
        if (!record.Privileged) (linux["maskedPaths"], linux["readonlyPaths"]) = (Strings(Masked), Strings(ReadOnlyPaths));
        if (!record.Privileged && !record.SecurityOptions.Contains(SecurityOptions.Unconfined)) linux["seccomp"] = Seccomp.Profile(RuntimeInformation.ProcessArchitecture, _capabilities);
        if (Sysctls() is { Count: > 0 } settings) linux["sysctl"] = settings;
        if (host.IsRootless) return linux;
        if (host.Devices.Count > 0) linux["devices"] = new JsonArray([.. host.Devices.Select(Node)]);
        linux["cgroupsPath"] = ControlGroup.PathOf(record.Id);
        linux["resources"] = Resources();
        if (record.Mounts.Exists(mount => mount.Propagation.EndsWith("shared", StringComparison.Ordinal))) linux["rootfsPropagation"] = "shared";
        else if (record.Mounts.Exists(mount => mount.Propagation.EndsWith("slave", StringComparison.Ordinal))) linux["rootfsPropagation"] = "slave";
        return linux;
    }

    private JsonObject Sysctls()
    {
        var settings = new JsonObject();
        if (!HasHostNetwork) settings["net.ipv4.ip_unprivileged_port_start"] = "0"; // it is the container's own, root or not
        if (record.Domainname.Length > 0) settings["kernel.domainname"] = record.Domainname;
        foreach (var (name, value) in record.Sysctls ?? []) settings[name] = value;
        return settings;
    }

    private JsonObject Resources()
    {
        var resources = new JsonObject { ["devices"] = Devices() };
        if (record.Memory > 0) resources["memory"] = new JsonObject { ["limit"] = record.Memory, ["swap"] = 2 * record.Memory }; // memory and swap together, as docker has it
        if (record.NanoCpus > 0) resources["cpu"] = new JsonObject { ["period"] = CpuPeriod, ["quota"] = record.NanoCpus * CpuPeriod / 1_000_000_000 };
        if (record.PidsLimit > 0) resources["pids"] = new JsonObject { ["limit"] = record.PidsLimit };
        return resources;
    }

    // Nothing, then what every container may: making nodes, and null, zero, full, random, urandom, tty, console, terminals. Then what was asked for.
    private JsonArray Devices()
    {
        if (record.Privileged) return new JsonArray(Rule(true, null, null, null));
        List<JsonNode?> rules = [Rule(false, null, null, null), Rule(true, "c", null, null, "m"), Rule(true, "b", null, null, "m")];
        foreach (var (major, minor) in new (int, int?)[] { (1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, null) }) rules.Add(Rule(true, "c", major, minor));
        rules.AddRange(host.Devices.Select(device => Rule(true, device.Type, (int)device.Major, (int)device.Minor, device.Access)));
        return new JsonArray([.. rules]);
    }

    private static JsonObject Node(DeviceNode device) =>
        new() { ["path"] = device.Path, ["type"] = device.Type, ["major"] = device.Major, ["minor"] = device.Minor, ["fileMode"] = device.Mode, ["uid"] = device.Uid, ["gid"] = device.Gid };

    private static JsonObject Rule(bool allow, string? type, int? major, int? minor, string access = "rwm")
    {
        var rule = new JsonObject { ["allow"] = allow, ["access"] = access };
        if (type is not null) rule["type"] = type;
        if (major is { } first) rule["major"] = first;
        if (minor is { } second) rule["minor"] = second;
        return rule;
    }

    private static JsonObject Mount(string destination, string type, string source, params string[] options) =>
        new() { ["destination"] = destination, ["type"] = type, ["source"] = source, ["options"] = Strings(options) };

    internal static JsonArray Strings(IEnumerable<string> strings) => new([.. strings.Select(text => JsonValue.Create(text))]);
}
