using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>What inspect says of a container, with docker's names in docker's order.</summary>
/// <remarks>moby, api/types: ContainerJSON.</remarks>
internal static class ContainerDescription
{
    public static JsonObject Of(StoredContainer container, LayerStore layers)
    {
        var record = container.Record;
        return new JsonObject
        {
            ["Id"] = record.Id,
            ["Created"] = GoTime.Text(record.Created),
            ["Path"] = record.Command[0],
            ["Args"] = ImageDescription.Strings(record.Command.Skip(1)),
            ["State"] = State(container),
            ["Image"] = record.ImageId,
            ["ResolvConfPath"] = Path.Combine(container.Directory, "resolv.conf"),
            ["HostnamePath"] = Path.Combine(container.Directory, "hostname"),
            ["HostsPath"] = Path.Combine(container.Directory, "hosts"),
            ["LogPath"] = container.LogPath,
            ["Name"] = "/" + record.Name,
            ["RestartCount"] = container.State.RestartCount,
            ["Driver"] = record.Driver,
            ["Platform"] = "linux",
            ["MountLabel"] = "",
            ["ProcessLabel"] = "",
            ["AppArmorProfile"] = "",
            ["ExecIDs"] = Nil.List.ToNode(),
            ["HostConfig"] = HostConfigDescription.Of(record),
            ["GraphDriver"] = GraphDriver(record, layers),
            ["Mounts"] = new JsonArray([.. record.Mounts.Where(mount => mount.Kind != MountKind.Tmpfs || mount.IsFromMountFlag).Select(Mount)]),
            ["Config"] = Config(record),
            ["NetworkSettings"] = NetworkDescription.Of(container),
        };
    }

    private static JsonObject Config(ContainerRecord record)
    {
        var config = ImageDescription.Config(record.Config);
        (config["Hostname"], config["Image"]) = (record.Hostname, record.Image);
        config["Domainname"] = record.Domainname;
        (config["Tty"], config["OpenStdin"]) = (record.Terminal, record.OpenInput);
        config["Labels"] = ImageDescription.Pairs(record.Config.Labels ?? []);
        if (record.StopTimeout is { } seconds) config["StopTimeout"] = seconds;
        return config;
    }

    private static JsonObject GraphDriver(ContainerRecord record, LayerStore layers)
    {
        var described = record.Driver == StorageDrivers.Copies ? new JsonObject { ["Data"] = Nil.Map.ToNode() } : ImageDescription.GraphDriver(layers, [record.LayerId, .. record.Lowers]);
        described["Name"] = record.Driver;
        return described;
    }

    private static JsonObject State(StoredContainer container) => new()
    {
        ["Status"] = container.Status.ToString().ToLowerInvariant(),
        ["Running"] = container.IsRunning,
        ["Paused"] = false,
        ["Restarting"] = container.IsRestarting,
        ["OOMKilled"] = container.State.OomKilled == true,
        ["Dead"] = false,
        ["Pid"] = container.IsRunning ? container.State.Pid : 0,
        ["ExitCode"] = container.ExitCode,
        ["Error"] = container.State.Error,
        ["StartedAt"] = GoTime.Text(container.State.StartedAt),
        ["FinishedAt"] = GoTime.Text(container.State.FinishedAt),
    };

    private static JsonObject Mount(MountPoint mount)
    {
        var described = new JsonObject { ["Type"] = mount.Kind.ToString().ToLowerInvariant() };
        if (mount.Kind == MountKind.Volume) described["Name"] = mount.Volume;
        described["Source"] = mount.Source;
        described["Destination"] = mount.Target;
        if (mount.Kind == MountKind.Volume) described["Driver"] = mount.Driver ?? VolumeDriver.Local;
        described["Mode"] = mount.Mode;
        described["RW"] = !mount.ReadOnly;
        described["Propagation"] = mount.Propagation;
        return described;
    }
}
