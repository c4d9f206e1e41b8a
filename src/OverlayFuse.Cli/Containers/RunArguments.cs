using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The flags that run and create share.</summary>
internal sealed class RunArguments
{
    private readonly Argument<string> _image = new("IMAGE");
    private readonly Argument<string[]> _command = new("COMMAND") { Description = "The program and its arguments, instead of the image's.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _interactive = new("--interactive", "-i") { Description = "Pass standard input on." };
    private readonly Option<bool> _tty = new("--tty", "-t") { Description = "Give it a terminal." };
    private readonly Option<bool> _remove = new("--rm") { Description = "Remove it when it ends, with the volumes that have no name." };
    private readonly Option<string> _name = new("--name") { Description = "Its name." };
    private readonly Option<string[]> _environment = new("--env", "-e") { Description = "NAME=VALUE, or NAME to pass on ours." };
    private readonly Option<string[]> _environmentFile = new("--env-file") { Description = "A file with one variable on each line." };
    private readonly Option<string> _directory = new("--workdir", "-w") { Description = "The directory to start in." };
    private readonly Option<string> _user = new("--user", "-u") { Description = "USER[:GROUP], by name or number." };
    private readonly Option<string> _entrypoint = new("--entrypoint") { Description = "The program, instead of the image's ENTRYPOINT." };
    private readonly Option<string[]> _volume = new("--volume", "-v") { Description = "NAME:/PATH[:ro], /HOST:/PATH[:ro], ./HERE:/PATH[:ro], or /PATH for a volume without a name." };
    private readonly Option<string> _volumeDriver = new("--volume-driver") { Description = "The driver of the volumes that -v makes: local, or a plugin." };
    private readonly Option<string[]> _mount = new("--mount") { Description = "type=volume|bind|tmpfs,source=...,target=...,readonly,..." };
    private readonly Option<string[]> _tmpfs = new("--tmpfs") { Description = "/PATH[:size=...,mode=...]" };
    private readonly Option<string[]> _volumesFrom = new("--volumes-from") { Description = "Also the mounts of another container." };
    private readonly Option<string[]> _label = new("--label", "-l") { Description = "NAME=VALUE" };
    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Only its mounts can be written to." };
    private readonly Option<string> _hostname = new("--hostname", "-h") { Description = "Its host name." };
    private readonly Option<string> _domainname = new("--domainname") { Description = "Its NIS domain name. For root." };
    private readonly Option<string[]> _sysctl = new("--sysctl") { Description = "NAME=VALUE: a setting of the kernel that a container, or its network, has for itself." };
    private readonly Option<string[]> _expose = new("--expose") { Description = "A further port that it listens on, for -P." };
    private readonly Option<bool> _noHealthcheck = new("--no-healthcheck") { Description = "Without the image's HEALTHCHECK, which nothing here runs." };
    private readonly Option<string> _platform = new("--platform") { Description = "Only that of this machine." };
    private readonly Option<string[]> _attach = new("--attach", "-a") { Description = "Attach only stdin, stdout or stderr; may be repeated." };
    private readonly Option<string> _network = new("--network", "--net") { Description = "none (the default): only itself; host: the host's network; private: its own network, which leads out." };
    private readonly Option<string[]> _publish = new("--publish", "-p") { Description = "[[IP:]HOST:]PORT[/udp]: a port of the host leads to a port of the container." };
    private readonly Option<bool> _publishAll = new("--publish-all", "-P") { Description = "All ports that the image exposes, each on a free port of the host." };
    private readonly Option<string> _memory = new("--memory", "-m") { Description = "The limit of memory: a number of bytes, or with k, m or g. For root." };
    private readonly Option<string> _cpus = new("--cpus") { Description = "How many processors, such as 1.5. For root." };
    private readonly Option<long> _pids = new("--pids-limit") { Description = "The limit of processes; -1: none. For root." };
    private readonly Option<string> _sharedMemory = new("--shm-size") { Description = "The size of /dev/shm (default: 64m)." };
    private readonly Option<string[]> _ulimit = new("--ulimit") { Description = "NAME=SOFT[:HARD], as in nofile=1024:2048." };
    private readonly Option<bool> _privileged = new("--privileged") { Description = "All capabilities and devices, and no system call filter." };
    private readonly Option<string[]> _capAdd = new("--cap-add") { Description = "A further capability, or ALL." };
    private readonly Option<string[]> _capDrop = new("--cap-drop") { Description = "A capability to take away, or ALL." };
    private readonly Option<string[]> _groupAdd = new("--group-add") { Description = "A further group of its user, by name or number." };
    private readonly Option<string[]> _device = new("--device") { Description = "/HOST[:/CONTAINER][:rwm]: a device of the host." };
    private readonly Option<string[]> _host = new("--add-host") { Description = "NAME:ADDRESS, for its /etc/hosts; host-gateway is this machine's." };
    private readonly Option<string[]> _dns = new("--dns") { Description = "A name server, instead of the network's." };
    private readonly Option<string[]> _dnsSearch = new("--dns-search") { Description = "A domain in which short names are looked up; a dot: none." };
    private readonly Option<string[]> _dnsOption = new("--dns-option", "--dns-opt") { Description = "An option of resolv.conf(5)." };
    private readonly Option<string> _idFile = new("--cidfile") { Description = "Write its id into this file, which must not exist." };
    private readonly Option<string> _stopSignal = new("--stop-signal") { Description = "The signal that stop sends instead of TERM." };
    private readonly Option<int?> _stopTimeout = new("--stop-timeout") { Description = $"Seconds that stop waits before it kills ({Stopping.Patience}); -1: for ever." };
    private readonly Option<string> _restart = new("--restart") { Description = "When its program is started again: no (the default), on-failure[:TIMES], always, unless-stopped." };
    private readonly Option<bool> _init = new("--init") { Description = "A small first process (tini, catatonit) that reaps others." };
    private readonly Option<string> _pull = new("--pull") { Description = "When the image is pulled: missing (the default: if it is not here), always, never." };
    private readonly Option<string[]> _security = new("--security-opt") { Description = "no-new-privileges, seccomp=unconfined" };
    private readonly Option<string> _runtime = new("--runtime") { Description = "An OCI runtime other than runc, by name or path." };

    public void AddTo(Command command)
    {
        command.Add(_image);
        command.Add(_command);
        Option[] options =
        [
            _interactive, _tty, _remove, _name, _environment, _environmentFile, _directory, _user, _entrypoint, _volume, _volumeDriver, _mount, _tmpfs, _volumesFrom,
            _label, _readOnly, _hostname, _network, _publish, _publishAll, _memory, _cpus, _pids, _sharedMemory, _ulimit, _privileged, _capAdd, _capDrop, _groupAdd,
            _device, _host, _dns, _dnsSearch, _dnsOption, _idFile, _stopSignal, _stopTimeout, _restart, _init, _pull, _security, _runtime,
            _domainname, _sysctl, _expose, _noHealthcheck, _platform, _attach,
        ];
        foreach (var option in options)
            command.Add(option);
    }

    /// <exception cref="RefusedException">There is no such policy.</exception>
    public PullPolicy Pull(ParseResult result) => Text(result.GetValue(_pull)) switch
    {
        null or "missing" => PullPolicy.Missing,
        "always" => PullPolicy.Always,
        "never" => PullPolicy.Never,
        var other => throw new RefusedException($"invalid pull option: '{other}': must be one of \"always\", \"missing\" or \"never\".", 125),
    };

    /// <summary>The streams that somebody at the terminal is to have.</summary>
    /// <exception cref="RefusedException">There is no such stream, in docker's words.</exception>
    public Attachment Streams(ParseResult result)
    {
        var names = Texts(result.GetValue(_attach)).ConvertAll(name => name.ToLowerInvariant());
        if (names.Find(name => name is not ("stdin" or "stdout" or "stderr")) is { } other)
            throw new RefusedException($"invalid argument \"{other}\" for \"-a, --attach\" flag: valid streams are STDIN, STDOUT and STDERR", 125);
        Fd Of(string name, int number) => names.Count == 0 || names.Contains(name) ? new Fd(number) : Fd.None;
        return new Attachment(Of("stdin", 0), Of("stdout", 1), Of("stderr", 2));
    }

    /// <exception cref="RefusedException">Images for this platform do not run here.</exception>
    public RunRequest Request(ParseResult result) => Text(result.GetValue(_platform)) is not { } platform || PredefinedArguments.IsOurs(platform)
        ? Read(result)
        : throw new RefusedException($"--platform {platform}: containers run only on this machine's platform, {PredefinedArguments.Platform}.", 125);

    private RunRequest Read(ParseResult result) => new()
    {
        Image = ByteText.Text(result.GetRequiredValue(_image)),
        Command = Texts(result.GetValue(_command)),
        Driver = StorageDrivers.Chosen(),
        Name = Text(result.GetValue(_name)),
        Environment = [.. Texts(result.GetValue(_environmentFile)).SelectMany(EnvironmentFile.Read), .. Texts(result.GetValue(_environment))],
        WorkingDirectory = Text(result.GetValue(_directory)),
        User = Text(result.GetValue(_user)),
        Entrypoint = Text(result.GetValue(_entrypoint)),
        Volumes = Texts(result.GetValue(_volume)).ConvertAll(FromHere),
        VolumeDriver = Text(result.GetValue(_volumeDriver)),
        Mounts = Texts(result.GetValue(_mount)),
        Tmpfs = Texts(result.GetValue(_tmpfs)),
        VolumesFrom = Texts(result.GetValue(_volumesFrom)),
        Labels = Texts(result.GetValue(_label)),
        Hostname = Text(result.GetValue(_hostname)),
        Domainname = Text(result.GetValue(_domainname)),
        Sysctls = Texts(result.GetValue(_sysctl)),
        Expose = Texts(result.GetValue(_expose)),
        NoHealthcheck = result.GetValue(_noHealthcheck),
        Network = Text(result.GetValue(_network)),
        Publish = Texts(result.GetValue(_publish)),
        PublishAll = result.GetValue(_publishAll),
        Memory = Text(result.GetValue(_memory)),
        Cpus = Text(result.GetValue(_cpus)),
        PidsLimit = result.GetValue(_pids),
        ShmSize = Text(result.GetValue(_sharedMemory)),
        Ulimits = Texts(result.GetValue(_ulimit)),
        Privileged = result.GetValue(_privileged),
        CapAdd = Texts(result.GetValue(_capAdd)),
        CapDrop = Texts(result.GetValue(_capDrop)),
        GroupAdd = Texts(result.GetValue(_groupAdd)),
        Devices = Texts(result.GetValue(_device)),
        ExtraHosts = Texts(result.GetValue(_host)),
        Dns = Texts(result.GetValue(_dns)),
        DnsSearch = Texts(result.GetValue(_dnsSearch)),
        DnsOptions = Texts(result.GetValue(_dnsOption)),
        IdFile = Text(result.GetValue(_idFile)),
        StopSignal = StopSignal(Text(result.GetValue(_stopSignal))),
        StopTimeout = result.GetValue(_stopTimeout),
        Restart = Text(result.GetValue(_restart)),
        Init = result.GetValue(_init),
        SecurityOptions = Texts(result.GetValue(_security)),
        Runtime = Text(result.GetValue(_runtime)),
        ReadOnly = result.GetValue(_readOnly),
        Terminal = result.GetValue(_tty),
        OpenInput = result.GetValue(_interactive),
        AutoRemove = result.GetValue(_remove),
    };

    private static string? StopSignal(string? text)
    {
        if (text is not null) SignalNames.Parse(text);
        return text;
    }

    // "./SOURCE:/PATH" lies where we are, and is kept as docker's client has it; no volume has such a name.
    private static string FromHere(string volume) => volume.StartsWith('.') && volume.IndexOf(':') is > 0 and var at ? Path.GetFullPath(volume[..at]) + volume[at..] : volume;

    private static string? Text(string? carried) => carried is null ? null : ByteText.Text(carried);

    private static List<string> Texts(string[]? carried) => [.. (carried ?? []).Select(ByteText.Text)];
}
