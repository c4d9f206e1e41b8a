using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>From what was asked and what the image says to the container that will be. Pure, but for names by chance.</summary>
public static class ContainerPlan
{
    private const int Refused = 125;

    /// <param name="inherited">The mounts of --volumes-from.</param>
    /// <exception cref="RefusedException">It contradicts itself, or there is nothing to run.</exception>
    public static ContainerRecord For(RunRequest request, StoredImage image, string name, IEnumerable<MountPoint> inherited)
    {
        var restart = RestartPolicy.Parse(request.Restart);
        if (request.AutoRemove && !restart.IsNo) throw new RefusedException("Conflicting options: --restart and --rm.", Refused);
        var network = Network(request);
        var (capAdd, capDrop) = Capabilities.Read(request.CapAdd, request.CapDrop);
        var id = Identifier.New();
        var config = Configure(request, image.Config.Config ?? new ContainerConfig());
        List<string> command = [.. config.Entrypoint ?? [], .. config.Cmd ?? []];
        if (command.Count == 0) throw new RefusedException("No command specified.");
        return new ContainerRecord
        {
            Id = id,
            Name = name,
            Created = DateTimeOffset.UtcNow,
            Driver = request.Driver,
            Image = request.Image,
            ImageId = image.Id,
            Layers = [.. image.LayerIds],
            LayerId = Identifier.New(),
            Config = config,
            Command = command,
            Hostname = request.Hostname ?? (network == "host" ? Environment.MachineName : Identifier.Short(id)),
            Domainname = request.Domainname ?? "",
            Sysctls = KernelSettings.Read(request.Sysctls, network),
            Terminal = request.Terminal,
            OpenInput = request.OpenInput,
            AutoRemove = request.AutoRemove,
            ReadOnly = request.ReadOnly,
            Network = network,
            NetworkName = request.Network is "bridge" or "default" ? "bridge" : null,
            Ports = Ports(request, config),
            Memory = Limits.Memory(request.Memory),
            NanoCpus = Limits.NanoCpus(request.Cpus, Environment.ProcessorCount),
            PidsLimit = Math.Max(0, request.PidsLimit),
            ShmSize = Limits.SharedMemory(request.ShmSize),
            Ulimits = Some(request.Ulimits.Select(Ulimit.Parse).Reverse().DistinctBy(limit => limit.Name).Reverse()),
            SecurityOptions = [.. SecurityOptions.Check(request.SecurityOptions)],
            Privileged = request.Privileged,
            CapAdd = capAdd,
            CapDrop = capDrop,
            GroupAdd = Some(request.GroupAdd),
            Devices = Some(request.Devices.Select(DeviceMapping.Parse)),
            ExtraHosts = Some(request.ExtraHosts.Select(NetworkNames.Host)),
            Dns = Some(request.Dns.Select(NetworkNames.Server)),
            DnsSearch = Some(request.DnsSearch.Select(NetworkNames.Domain)),
            DnsOptions = Some(request.DnsOptions),
            IdFile = request.IdFile ?? "",
            StopTimeout = request.StopTimeout,
            Restart = restart.IsNo ? null : restart,
            Init = request.Init,
            Runtime = request.Runtime ?? "runc",
            Mounts = Mounts(request, config, inherited),
            Binds = Some(request.Volumes.Where(volume => volume.Contains(':'))),
            Tmpfs = request.Tmpfs.Count == 0 ? null : new SortedDictionary<string, string>(request.Tmpfs.Select(Split).ToDictionary(pair => pair.Target, pair => pair.Options)),
        };
    }

    private static List<T>? Some<T>(IEnumerable<T> items) => items.ToList() is { Count: > 0 } some ? some : null;

    private static string Network(RunRequest request)
    {
        var network = request.Network ?? (request.Publish.Count > 0 || request.PublishAll ? "private" : "none");
        if (network is "bridge" or "default") network = "private"; // docker's words for a network of its own that leads out
        return network is "none" or "host" or "private"
            ? network
            : throw new RefusedException($"network {network} not found. Choose none (the default), host or private (bridge).");
    }

    // What is published is exposed too, as docker has it.
    private static List<PortMapping> Ports(RunRequest request, ContainerConfig config)
    {
        foreach (var text in request.Expose)
        {
            if (text.Contains(':')) throw new RefusedException($"invalid port format for --expose: {text}", Refused);
            foreach (var port in PublishFlag.Parse(text)) (config.ExposedPorts ??= [])[port.Exposed] = default;
        }
        var ports = request.Publish.SelectMany(PublishFlag.Parse).ToList();
        foreach (var exposed in request.PublishAll ? config.ExposedPorts?.Keys.ToArray() ?? [] : [])
        {
            if (exposed.Contains(':')) throw new RefusedException($"the image exposes {exposed}, which is not a port. Use -p to say where on this machine a port is published.", Refused);
            foreach (var port in PublishFlag.Parse(exposed).Where(port => !ports.Exists(own => own.Exposed == port.Exposed))) ports.Add(port);
        }
        foreach (var port in ports) (config.ExposedPorts ??= [])[port.Exposed] = default;
        return ports;
    }

    private static ContainerConfig Configure(RunRequest request, ContainerConfig image)
    {
        var config = image.Copy();
        if (request.Entrypoint is not null)
        {
            config.Entrypoint = request.Entrypoint.Length > 0 ? [request.Entrypoint] : null;
            config.Cmd = null; // the image's arguments were for the image's program
        }
        if (request.Command.Count > 0) config.Cmd = [.. request.Command];
        if (request.User is not null) config.User = request.User;
        if (request.WorkingDirectory is { Length: > 0 } directory)
        {
            if (!directory.StartsWith('/')) throw new RefusedException($"the working directory '{directory}' is invalid, it needs to be an absolute path.");
            config.WorkingDir = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        }
        Variables.Set(config, request.Environment);
        if (config.Env is not null) config.Env = Variables.InOrder(config.Env, request.Environment);
        if (request.NoHealthcheck) config.Healthcheck = new Healthcheck { Test = ["NONE"] };
        if (request.StopSignal is not null) config.StopSignal = request.StopSignal;
        foreach (var label in request.Labels)
        {
            var at = label.IndexOf('=');
            if (at == 0 || label.Length == 0) throw new RefusedException($"invalid argument \"{label}\" for \"-l, --label\" flag: invalid label '{label}': empty name", Refused);
            (config.Labels ??= [])[at < 0 ? label : label[..at]] = at < 0 ? "" : label[(at + 1)..];
        }
        return config;
    }

    /// <summary>The mounts that flags ask for; neither those of the image nor those of other containers.</summary>
    public static IEnumerable<MountPoint> AskedMounts(RunRequest request) =>
        request.Volumes.Select(volume => WithDriver(VolumeFlag.Parse(volume), request.VolumeDriver)).Concat(request.Mounts.Select(MountFlag.Parse)).Concat(request.Tmpfs.Select(Tmpfs));

    private static List<MountPoint> Mounts(RunRequest request, ContainerConfig config, IEnumerable<MountPoint> inherited)
    {
        var asked = AskedMounts(request).ToList();
        var twice = asked.GroupBy(mount => mount.Target).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null) throw new RefusedException($"Duplicate mount point: {twice.Key}.");
        foreach (var mount in inherited.Where(mount => !asked.Exists(own => own.Target == mount.Target))) asked.Add(mount);
        foreach (var path in config.Volumes?.Keys.ToArray() ?? [])
        {
            var mount = VolumeFlag.Anonymous(path);
            if (!asked.Exists(own => own.Target == mount.Target)) asked.Add(mount);
        }
        return asked;
    }

    private static MountPoint WithDriver(MountPoint mount, string? driver)
    {
        if (mount.Kind == MountKind.Volume) mount.Driver = driver;
        return mount;
    }

    private static (string Target, string Options) Split(string tmpfs)
    {
        var at = tmpfs.IndexOf(':');
        return at < 0 ? (tmpfs, "") : (tmpfs[..at], tmpfs[(at + 1)..]);
    }

    private static MountPoint Tmpfs(string text)
    {
        var (target, options) = Split(text);
        if (!target.StartsWith('/')) throw new RefusedException($"invalid mount path: '{target}' mount path must be absolute.");
        if (Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)) == "/") throw new RefusedException("invalid specification: destination can't be '/'.");
        return new MountPoint { Kind = MountKind.Tmpfs, Target = target, Options = [.. TmpfsOptions.Check(options)] };
    }
}
