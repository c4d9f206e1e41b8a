using System.Text.Json.Nodes;
using NUnit.Framework;

namespace OverlayFuse.Container.Tests;

public sealed class RuntimeSpecTests
{
    internal static readonly HostFacts Root = new(IsRootless: false, HasManyIds: true, ulong.MaxValue, []);
    internal static readonly HostFacts Rootless = new(IsRootless: true, HasManyIds: true, ulong.MaxValue, []);

    private static readonly UserLookup RootUser = new(0, 0, [], "/root");
    private static readonly DeviceNode Tape = new("/dev/st0", "/dev/tape", "c", 9, 1, 0x1b0, 0, 26, "r");

    [Test]
    public void Root_in_the_container_has_dockers_capabilities_and_another_user_none_to_begin_with()
    {
        Assert.That(Strings(Spec(new RunRequest { Image = "i" }, RootUser)["process"]!["capabilities"]!["effective"]!), Does.Contain("CAP_CHOWN").And.Not.Contain("CAP_SYS_ADMIN"));
        var other = Spec(new RunRequest { Image = "i" }, new UserLookup(33, 33, [7], "/var/www"));
        Assert.That(Strings(other["process"]!["capabilities"]!["effective"]!), Is.Empty);
        Assert.That((string?)other["process"]!["user"]!["additionalGids"]!.ToJsonString(), Is.EqualTo("[7]"));
    }

    [Test]
    public void A_mount_inside_another_comes_after_it_and_a_read_only_one_is_so()
    {
        var mounts = Spec(new RunRequest { Image = "i", Volumes = ["/h2:/data/sub/deep:ro", "/h1:/data"] }, RootUser)["mounts"]!.AsArray();
        var own = mounts.Where(mount => ((string)mount!["destination"]!).StartsWith("/data", StringComparison.Ordinal)).ToList();
        Assert.That(own.Select(mount => (string?)mount!["destination"]), Is.EqualTo(new[] { "/data", "/data/sub/deep" }));
        Assert.That(Strings(own[1]!["options"]!), Is.EqualTo(new[] { "rbind", "ro", "rprivate" }));
        Assert.That(Strings(own[0]!["options"]!), Is.EqualTo(new[] { "rbind", "rw", "rprivate" }));
    }

    [Test]
    public void Hosts_and_the_like_come_over_a_mounted_etc_and_under_what_is_mounted_in_their_place()
    {
        var mounts = Spec(new RunRequest { Image = "i", Volumes = ["conf:/etc", "/h:/etc/hosts"] }, RootUser)["mounts"]!.AsArray();
        var own = mounts.Select(mount => ((string)mount!["destination"]!, (string)mount["source"]!)).Where(mount => mount.Item1.StartsWith("/etc", StringComparison.Ordinal));
        (string, string)[] expected = [("/etc", ""), ("/etc/resolv.conf", "/files/resolv.conf"), ("/etc/hostname", "/files/hostname"), ("/etc/hosts", "/files/hosts"), ("/etc/hosts", "/h")];
        Assert.That(own, Is.EqualTo(expected));
    }

    [Test]
    public void A_network_of_its_own_is_the_default_and_the_hosts_is_taken_when_asked()
    {
        Assert.That(Namespaces(new RunRequest { Image = "i" }), Does.Contain("network"));
        Assert.That(Namespaces(new RunRequest { Image = "i", Network = "host" }), Does.Not.Contain("network"));
    }

    [Test]
    public void An_ordinary_users_container_asks_for_no_cgroups()
    {
        var linux = new RuntimeSpec(ContainerPlanTests.Plan(new RunRequest { Image = "i" }), Rootless).Write("/m", "/f", RootUser)["linux"]!.AsObject();
        Assert.That(linux.ContainsKey("resources") || linux.ContainsKey("cgroupsPath"), Is.False);
    }

    [Test]
    public void The_umask_is_that_of_docker_and_limits_are_those_that_were_asked_for()
    {
        var process = Spec(new RunRequest { Image = "i", Ulimits = ["nofile=10:20", "core=-1"] }, RootUser)["process"]!;
        Assert.That((int)process["user"]!["umask"]!, Is.EqualTo(18));
        Assert.That(process["rlimits"]!.ToJsonString(), Is.EqualTo("""[{"type":"RLIMIT_NOFILE","hard":20,"soft":10},{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":18446744073709551615}]"""));
    }

    [Test]
    public void Shared_memory_has_the_size_that_was_asked_for() =>
        Assert.That(Spec(new RunRequest { Image = "i", ShmSize = "1m" }, RootUser)["mounts"]!.AsArray().Single(mount => (string)mount!["destination"]! == "/dev/shm")!["options"]!.ToJsonString(), Does.Contain("\"size=1048576\""));

    [Test]
    public void A_privileged_container_has_everything_that_there_is_to_be_given()
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i", Privileged = true });
        var spec = new RuntimeSpec(record, Root with { Capabilities = 0b11, Devices = [Tape] }).Write("/m", "/f", RootUser);
        Assert.That(Strings(spec["process"]!["capabilities"]!["effective"]!), Is.EqualTo(new[] { "CAP_CHOWN", "CAP_DAC_OVERRIDE" }));
        var linux = spec["linux"]!.AsObject();
        Assert.That(new[] { "seccomp", "maskedPaths", "readonlyPaths" }.Where(linux.ContainsKey), Is.Empty);
        Assert.That(linux["resources"]!["devices"]!.ToJsonString(), Is.EqualTo("""[{"allow":true,"access":"rwm"}]"""));
        Assert.That(linux["devices"]!.ToJsonString(), Is.EqualTo("""[{"path":"/dev/tape","type":"c","major":9,"minor":1,"fileMode":432,"uid":0,"gid":26}]"""));
    }

    [Test]
    public void A_device_is_a_node_with_a_rule_for_root_and_a_bind_for_an_ordinary_user()
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i" });
        var ofRoot = new RuntimeSpec(record, Root with { Devices = [Tape] }).Write("/m", "/f", RootUser);
        Assert.That(ofRoot["linux"]!["resources"]!["devices"]!.AsArray()[^1]!.ToJsonString(), Is.EqualTo("""{"allow":true,"access":"r","type":"c","major":9,"minor":1}"""));
        var ofOther = new RuntimeSpec(record, Rootless with { Devices = [Tape] }).Write("/m", "/f", RootUser);
        Assert.That(ofOther["linux"]!.AsObject().ContainsKey("devices"), Is.False);
        Assert.That(ofOther["mounts"]!.AsArray().Select(mount => mount!.ToJsonString()), Does.Contain("""{"destination":"/dev/tape","type":"bind","source":"/dev/st0","options":["bind","ro"]}"""));
    }

    [Test]
    public void What_exec_adds_has_the_containers_variables_groups_and_limits_and_its_own_user_and_directory()
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i", Hostname = "h", WorkingDirectory = "/w", Environment = ["PATH=/bin"], Ulimits = ["nofile=5"], CapDrop = ["ALL"], CapAdd = ["KILL"] });
        var plain = ExecProcess.Describe(record, new ExecRequest { Command = ["id"] }, new UserLookup(33, 33, [33, 8], "/var/www"), ulong.MaxValue);
        Assert.That(plain.ToJsonString(), Is.EqualTo("""{"terminal":false,"user":{"uid":33,"gid":33,"umask":18,"additionalGids":[33,8]},"args":["id"],"env":["PATH=/bin","HOSTNAME=h","A=old","HOME=/var/www"],"cwd":"/w","capabilities":{"bounding":["CAP_KILL"],"effective":[],"permitted":[]},"noNewPrivileges":false,"rlimits":[{"type":"RLIMIT_NOFILE","hard":5,"soft":5}]}"""));
        var other = ExecProcess.Describe(record, new ExecRequest { Command = ["id"], Environment = ["A=new", "B=1"], WorkingDirectory = "/tmp", Terminal = true, Privileged = true }, RootUser, available: 0b1);
        Assert.That(Strings(other["env"]!), Is.EqualTo(new[] { "PATH=/bin", "HOSTNAME=h", "TERM=xterm", "A=new", "B=1", "HOME=/root" }));
        Assert.That(((string?)other["cwd"], (bool)other["terminal"]!), Is.EqualTo(("/tmp", true)));
        Assert.That(Strings(other["capabilities"]!["effective"]!), Is.EqualTo(new[] { "CAP_CHOWN" }));
    }

    [TestCase("MYPATH=/x", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOSTNAME=h MYPATH=/x A=old HOME=/root")]
    [TestCase("PATH=/x", "PATH=/x HOSTNAME=h A=old HOME=/root")]
    [TestCase("PATH=", "PATH= HOSTNAME=h A=old HOME=/root")]
    [TestCase("OVERLAYFUSE_TEST_NONE,HOSTNAME=x,HOME=/h", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOSTNAME=x HOME=/h A=old", Description = "a name alone takes one away, or nothing")]
    public void Programs_are_found_at_the_usual_places_where_nobody_says_where(string variables, string expected)
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i", Hostname = "h", Environment = variables.Split(',') });
        Assert.That(string.Join(' ', Strings(ExecProcess.Describe(record, new ExecRequest { Command = ["id"] }, RootUser, ulong.MaxValue)["env"]!)), Is.EqualTo(expected));
        Assert.That(record.Config.Env, Is.EqualTo(variables.Split(',').Append("A=old")));
    }

    private static IEnumerable<string> Namespaces(RunRequest request) => Spec(request, RootUser)["linux"]!["namespaces"]!.AsArray().Select(entry => (string)entry!["type"]!);

    private static JsonObject Spec(RunRequest request, UserLookup user) => new RuntimeSpec(ContainerPlanTests.Plan(request), Root).Write("/merged", "/files", user);

    private static IEnumerable<string> Strings(JsonNode array) => array.AsArray().Select(item => (string)item!);
}
