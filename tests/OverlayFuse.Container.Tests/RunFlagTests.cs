using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

/// <summary>The flags of run and create that are read into one field each.</summary>
public sealed class RunFlagTests
{
    [TestCase("", "", "CAP_CHOWN,CAP_KILL")]
    [TestCase("sys_time CAP_SYS_TIME", "", "CAP_CHOWN,CAP_KILL,CAP_SYS_TIME")]
    [TestCase("", "kill", "CAP_CHOWN")]
    [TestCase("kill", "ALL", "CAP_KILL")]
    [TestCase("", "all", "")]
    [TestCase("ALL", "kill", "CAP_CHOWN,CAP_SYS_TIME")]
    [TestCase("kill", "kill", "CAP_CHOWN,CAP_KILL")]
    public void Capabilities_are_the_usual_ones_without_those_dropped_and_with_those_added(string add, string drop, string expected)
    {
        const ulong available = 1 | 1 << 5 | 1 << 25; // CHOWN, KILL, SYS_TIME: ALL is what there is
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i", CapAdd = Words(add), CapDrop = Words(drop) });
        string[] looked = ["CAP_CHOWN", "CAP_KILL", "CAP_SYS_TIME", "CAP_SYS_ADMIN"];
        Assert.That(string.Join(',', Capabilities.Of(record, available).Where(looked.Contains)), Is.EqualTo(expected));
    }

    [Test]
    public void A_capability_that_is_none_is_refused_in_dockers_words()
    {
        Assert.That(() => Capabilities.Read(["fly"], []), Throws.TypeOf<RefusedException>().With.Message.EqualTo("invalid CapAdd: unknown capability: \"CAP_FLY\"."));
        Assert.That(() => Capabilities.Read([], ["fly"]), Throws.TypeOf<RefusedException>().With.Message.StartWith("invalid CapDrop: ").And.Property("ExitCode").EqualTo(1));
    }

    [TestCase("Name:\tx\nCapBnd:\t00000000000000ff\nCapAmb:\t0\n", 0xfful)]
    [TestCase("Name:\tx\n", ulong.MaxValue)]
    public void The_bounding_set_is_read_from_the_status_of_a_process(string status, ulong expected) => Assert.That(Capabilities.BoundingSet(status), Is.EqualTo(expected));

    [Test]
    public void Kernel_settings_of_the_container_are_taken_and_those_of_the_machine_refused()
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i", Sysctls = ["net.core.somaxconn=5", "kernel.sem=1 2 3 4"], Domainname = "x.org", NoHealthcheck = true, Expose = ["80-81", "9/udp"] });
        Assert.That(string.Join(',', record.Sysctls!), Is.EqualTo("[kernel.sem, 1 2 3 4],[net.core.somaxconn, 5]"));
        Assert.That((record.Domainname, record.Config.Healthcheck!.Test![0]), Is.EqualTo(("x.org", "NONE")));
        Assert.That(record.Config.ExposedPorts!.Keys, Is.SupersetOf(new[] { "80/tcp", "81/tcp", "9/udp" }));
        foreach (var (sysctl, network) in new[] { ("kernel.pid_max=9", "none"), ("kernel.sem", "none"), ("net.core.somaxconn=5", "host") })
            Assert.That(() => ContainerPlanTests.Plan(new RunRequest { Image = "i", Sysctls = [sysctl], Network = network }), Throws.TypeOf<RefusedException>().With.Message.Contains("is not allowed"));
    }

    [TestCase("low 0\noom 1\noom_kill 2\n", true)]
    [TestCase("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", false)]
    [TestCase("", false)]
    public void A_control_group_tells_what_ran_out_of_memory(string events, bool hasKilled) => Assert.That(ControlGroup.HasKilled(events), Is.EqualTo(hasKilled));

    [TestCase("nofile=10:20", "nofile 10 20")]
    [TestCase("nproc=5", "nproc 5 5")]
    [TestCase("core=0:-1", "core 0 -1")]
    public void A_ulimit_is_soft_and_hard(string text, string expected) => Assert.That(Ulimit.Parse(text) is var limit ? $"{limit.Name} {limit.Soft} {limit.Hard}" : "", Is.EqualTo(expected));

    [TestCase("nofile", "invalid ulimit argument: nofile")]
    [TestCase("files=1", "invalid ulimit type: files")]
    [TestCase("nofile=1:2:3", "too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`")]
    [TestCase("nofile=3:2", "ulimit soft limit must be less than or equal to hard limit: 3 > 2")]
    [TestCase("nofile=-1:2", "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: 2")]
    [TestCase("nofile=x", "invalid limit: x")]
    public void What_is_no_ulimit_is_refused_in_dockers_words(string text, string why) =>
        Assert.That(() => Ulimit.Parse(text), Throws.TypeOf<RefusedException>().With.Message.EqualTo($"invalid argument \"{text}\" for \"--ulimit\" flag: {why}"));

    [Test]
    public void Of_two_ulimits_of_one_kind_the_last_counts() =>
        Assert.That(ContainerPlanTests.Plan(new RunRequest { Image = "i", Ulimits = ["nofile=1", "core=0", "nofile=2"] }).Ulimits!.Select(limit => (limit.Name, limit.Hard)), Is.EqualTo(new[] { ("core", 0L), ("nofile", 2L) }));

    [TestCase("/dev/fuse", "/dev/fuse /dev/fuse rwm")]
    [TestCase("/dev/sda:/dev/disk", "/dev/sda /dev/disk rwm")]
    [TestCase("/dev/sda:r", "/dev/sda /dev/sda r")]
    [TestCase("/dev/sda:/dev/disk:rw", "/dev/sda /dev/disk rw")]
    public void A_device_has_a_path_there_and_here(string text, string expected) =>
        Assert.That(DeviceMapping.Parse(text) is var device ? $"{device.PathOnHost} {device.PathInContainer} {device.CgroupPermissions}" : "", Is.EqualTo(expected));

    [TestCase("dev/fuse", "dev/fuse is not an absolute path")]
    [TestCase("/dev/a:b", "b is not an absolute path")]
    [TestCase("/dev/a:/dev/b:x", "bad mode specified: x")]
    [TestCase("/a:/b:r:w", "bad format for path: /a:/b:r:w")]
    public void What_names_no_device_is_refused(string text, string why) =>
        Assert.That(() => DeviceMapping.Parse(text), Throws.TypeOf<RefusedException>().With.Message.EndWith(why));

    [TestCase("a:1.2.3.4", null)]
    [TestCase("a:::1", null)]
    [TestCase("a", "bad format for add-host: \"a\"")]
    [TestCase("a:b", "invalid IP address in add-host: \"b\"")]
    [TestCase("a:host-gateway", null)]
    public void A_host_has_an_address(string text, string? words)
    {
        if (words is null) Assert.That(NetworkNames.Host(text), Is.EqualTo(text));
        else Assert.That(() => NetworkNames.Host(text), Throws.TypeOf<RefusedException>().With.Message.Contains(words));
    }

    [TestCase("example.org", true)]
    [TestCase(".", true)]
    [TestCase("a b", false)]
    [TestCase("-x", false)]
    public void A_search_domain_is_a_domain(string text, bool isOne)
    {
        if (isOne) Assert.That(NetworkNames.Domain(text), Is.EqualTo(text));
        else Assert.That(() => NetworkNames.Domain(text), Throws.TypeOf<RefusedException>().With.Message.Contains($"{text} is not a valid domain"));
    }

    [Test]
    public void A_name_server_is_an_address() =>
        Assert.That(() => NetworkNames.Server("dns.example"), Throws.TypeOf<RefusedException>().With.Message.EqualTo("invalid argument \"dns.example\" for \"--dns\" flag: dns.example is not an ip address"));

    [Test]
    public void What_is_said_of_names_takes_the_place_of_the_hosts_and_the_rest_stays()
    {
        const string given = "# c\nsearch a.org b.org\nnameserver 9.9.9.9\noptions edns0\n";
        Assert.That(ResolvConf.Text(ContainerPlanTests.Plan(new RunRequest { Image = "i" }), given), Is.EqualTo(given));
        Assert.That(ResolvConf.Text(ContainerPlanTests.Plan(new RunRequest { Image = "i", Dns = ["1.1.1.1", "::1"] }), given), Is.EqualTo("search a.org b.org\nnameserver 1.1.1.1\nnameserver ::1\noptions edns0\n"));
        Assert.That(ResolvConf.Text(ContainerPlanTests.Plan(new RunRequest { Image = "i", DnsSearch = ["."], DnsOptions = ["ndots:1"] }), given), Is.EqualTo("nameserver 9.9.9.9\noptions ndots:1\n"));
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
