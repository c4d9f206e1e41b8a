using System.Text.Json.Nodes;
using NUnit.Framework;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli.Tests;

/// <summary>inspect has the members that docker's has, in its order: the lists in docker/ are of a recorded one (20.10), a container without ports, an image of one layer.</summary>
public sealed class InspectTests
{
    private string _root = "";

    private LayerStore Layers => new(StateDirectory.Open(_root));

    [SetUp]
    public void MakeRoot() => _root = Directory.CreateTempSubdirectory("overlayfuse-").FullName;

    [TearDown]
    public void RemoveRoot() => Directory.Delete(_root, recursive: true);

    [Test]
    public void A_container_is_described_member_by_member_as_docker_does() =>
        Assert.That(Members(ContainerDescription.Of(Container(), Layers)), Is.EqualTo(Recorded("container")));

    [Test]
    public void An_image_is_described_member_by_member_as_docker_does()
    {
        var image = new StoredImage(
            new ImageRecord { Id = "i", Layers = [new() { Id = "l", DiffId = "d", Blob = "b", BlobSize = 1, Size = 1 }], Stored = DateTimeOffset.UnixEpoch },
            new ImageConfig { Config = new ContainerConfig { Cmd = ["/bin/sh"], ExposedPorts = [] } },
            []);
        Assert.That(Members(ImageDescription.Of(image, Layers)), Is.EqualTo(Recorded("image")));
    }

    [Test]
    public void What_docker_wrote_of_an_images_container_is_shown_again()
    {
        const string text = """
            {"config":{"Hostname":"6fc4bddcafbc","Image":"bb:1","Cmd":["a"],"Labels":{}},"container":"6fc4","container_config":{"Cmd":["b"],"Image":"bb:1"},"docker_version":"20.10.24","rootfs":{"type":"layers","diff_ids":[]}}
            """;
        var store = new ImageStore(StateDirectory.Open(_root));
        var image = store.Add(System.Text.Encoding.UTF8.GetBytes(text), []);
        const string template = "{{.Config.Hostname}} {{.Config.Image}} {{json .Config.Labels}} {{.Container}} {{.ContainerConfig.Cmd}} {{.DockerVersion}}";
        Assert.That(FormatTemplate.Parse(template).Render(ImageDescription.Of(image, Layers)), Is.EqualTo("6fc4bddcafbc bb:1 {} 6fc4 [b] 20.10.24"));
        Assert.That(image.Config.Config!.Copy() is { Hostname: null, Image: null }, Is.True);
    }

    [Test]
    public void A_volume_is_described_member_by_member_as_docker_does() =>
        Assert.That(Members(VolumeDescription.Of(new VolumeStore(StateDirectory.Open(_root)), new VolumeRecord { Name = "v", Created = DateTimeOffset.UnixEpoch })), Is.EqualTo(Recorded("volume")));

    [TestCase("{{json .Config.Labels}} {{json .Config.Volumes}} {{json .HostConfig.Binds}} {{json .ExecIDs}}", "{} null null null")]
    [TestCase("{{.Config.Labels}} {{.Config.Volumes}} {{.HostConfig.Binds}} {{.HostConfig.CapAdd}}", "map[] map[] [] []")]
    [TestCase("{{json .HostConfig.RestartPolicy}} {{json .HostConfig.LogConfig}} {{.HostConfig.ShmSize}}", "{\"Name\":\"no\",\"MaximumRetryCount\":0} {\"Type\":\"json-file\",\"Config\":{}} 67108864")]
    [TestCase("{{.State}} {{.HostConfig.NanoCPUs}} {{.NetworkSettings.Networks}} {{.HostConfig.PidsLimit}}",
        "{running true false false false false 1 0  0001-01-01T00:00:00Z 0001-01-01T00:00:00Z <nil>} 0 map[none:&{<nil> [] []     0   0  map[]}] <nil>")]
    [TestCase("{{len .HostConfig.MaskedPaths}} {{join .HostConfig.ReadonlyPaths \" \"}}", "10 /proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger")]
    [TestCase("{{range $name, $network := .NetworkSettings.Networks}}{{$name}}{{$network.IPAddress}}{{end}}", "none")]
    public void Templates_find_what_docker_has(string template, string expected) =>
        Assert.That(FormatTemplate.Parse(template).Render(ContainerDescription.Of(Container(), Layers)), Is.EqualTo(expected));

    [Test]
    public void What_the_mount_flag_said_is_there_as_docker_recorded_it()
    {
        var container = Container();
        container.Record.Mounts.AddRange(new[] { "type=volume,source=vol3,target=/v", "type=bind,source=/lab,target=/b,readonly", "type=tmpfs,target=/t,tmpfs-size=1048576,tmpfs-mode=1770", "type=volume,source=plain,target=/p,volume-nocopy", "type=volume,target=/n,volume-nocopy,volume-driver=far,volume-opt=a=b", "type=bind,source=/s,target=/s,bind-propagation=rshared,bind-nonrecursive" }.Select(MountFlag.Parse));
        container.Record.Mounts.Add(VolumeFlag.Parse("named:/by-v"));
        container.Record.Mounts[3].Driver = "local"; // as it is once the volume is made
        Assert.That(FormatTemplate.Parse("{{json .HostConfig.Mounts}}").Render(ContainerDescription.Of(container, Layers)), Is.EqualTo(
            "[{\"Type\":\"volume\",\"Source\":\"vol3\",\"Target\":\"/v\"},{\"Type\":\"bind\",\"Source\":\"/lab\",\"Target\":\"/b\",\"ReadOnly\":true},{\"Type\":\"tmpfs\",\"Target\":\"/t\",\"TmpfsOptions\":{\"SizeBytes\":1048576,\"Mode\":1016}},"
            + "{\"Type\":\"volume\",\"Source\":\"plain\",\"Target\":\"/p\",\"VolumeOptions\":{\"NoCopy\":true}},"
            + "{\"Type\":\"volume\",\"Target\":\"/n\",\"VolumeOptions\":{\"NoCopy\":true,\"DriverConfig\":{\"Name\":\"far\",\"Options\":{\"a\":\"b\"}}}},{\"Type\":\"bind\",\"Source\":\"/s\",\"Target\":\"/s\",\"BindOptions\":{\"Propagation\":\"rshared\",\"NonRecursive\":true}}]"));
    }

    [Test]
    public void An_address_is_shown_while_the_container_runs_under_the_word_that_asked_for_it()
    {
        var container = Container();
        (container.Record.Network, container.Record.NetworkName) = ("private", "bridge");
        container.State.Address = new NetworkAddress("10.0.2.100", 24, "10.0.2.2", "ba:00:00:00:00:01");
        const string template = "{{.HostConfig.NetworkMode}} {{with .NetworkSettings}}{{.IPAddress}}/{{.IPPrefixLen}} {{.MacAddress}} {{range $name, $network := .Networks}}{{$name}} {{.IPAddress}} {{.Gateway}}{{end}}{{end}}";
        string Rendered(StoredContainer of) => FormatTemplate.Parse(template).Render(ContainerDescription.Of(of, Layers));
        Assert.That(Rendered(container), Is.EqualTo("bridge 10.0.2.100/24 ba:00:00:00:00:01 bridge 10.0.2.100 10.0.2.2"));
        Assert.That(Rendered(container with { IsServed = false }), Is.EqualTo("bridge /0  bridge  "));
    }

    [Test]
    public void What_was_asked_for_stands_where_docker_has_it()
    {
        var container = Container();
        container.Record.Init = true;
        container.Record.Tmpfs = new() { ["/t"] = "size=1m" };
        container.Record.Config.ExposedPorts = new() { ["80/tcp"] = default };
        container.Record.Config.StopSignal = "SIGQUIT";
        var described = ContainerDescription.Of(container, Layers);
        var (host, config) = (Names(described["HostConfig"]), Names(described["Config"]));
        Assert.That((Behind(host, "SecurityOpt"), host[^1], Behind(config, "AttachStderr"), config[^1]), Is.EqualTo(("Tmpfs", "Init", "ExposedPorts", "StopSignal")));
    }

    internal static StoredContainer Container() => new(
        new ContainerRecord
        {
            Id = new string('1', 64),
            Name = "c1",
            Created = DateTimeOffset.UnixEpoch,
            Image = "bb:1",
            ImageId = "sha256:1",
            Layers = ["base"],
            LayerId = "own",
            Config = new ContainerConfig { Env = ["PATH=/bin"], Cmd = ["sleep", "1000"] },
            Command = ["sleep", "1000"],
            Hostname = "c1",
            Network = "none",
            Mounts = [],
        },
        new ContainerState { Status = ContainerStatus.Running, Pid = 1 },
        "/containers/1",
        IsServed: true);

    private static IEnumerable<string> Recorded(string name) => Repository.Read($"tests/OverlayFuse.Cli.Tests/docker/inspect-{name}.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Members(JsonObject value, string path = "") =>
        value.SelectMany(member => (member.Value is JsonObject inside ? Members(inside, $"{path}{member.Key}.") : []).Prepend(path + member.Key));

    private static List<string> Names(JsonNode? value) => [.. value!.AsObject().Select(member => member.Key)];

    private static string Behind(List<string> names, string name) => names[names.IndexOf(name) + 1];
}
