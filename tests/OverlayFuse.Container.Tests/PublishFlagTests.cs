using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

public sealed class PublishFlagTests
{
    [TestCase("8080:80", "0.0.0.0 8080 80 tcp")]
    [TestCase("80", "0.0.0.0 0 80 tcp")]
    [TestCase("127.0.0.1:53:5353/udp", "127.0.0.1 53 5353 udp")]
    [TestCase("127.0.0.1::80", "127.0.0.1 0 80 tcp")]
    [TestCase("[::1]:8080:80", "::1 8080 80 tcp")]
    [TestCase("8000-8001:80-81/TCP", "0.0.0.0 8000 80 tcp,0.0.0.0 8001 81 tcp")]
    public void It_is_read_as_docker_reads_it(string text, string expected) =>
        Assert.That(string.Join(',', PublishFlag.Parse(text).Select(port => $"{port.HostIp} {port.HostPort} {port.ContainerPort} {port.Protocol}")), Is.EqualTo(expected));

    [TestCase("80/sctp", "Invalid proto: sctp.")]
    [TestCase("abc", "Invalid containerPort: abc.")]
    [TestCase("x:80", "Invalid hostPort: x.")]
    [TestCase("70000:80", "Invalid hostPort: 70000.")]
    [TestCase("host:1:80", "Invalid ip address: host.")]
    [TestCase("1-3:80-81", "Invalid ranges specified for container and host Ports: 80-81 and 1-3.")]
    public void What_is_none_is_refused_with_code_125(string text, string expected) =>
        Assert.That(() => PublishFlag.Parse(text).ToList(), Throws.TypeOf<RefusedException>().With.Message.EqualTo(expected).And.Property("ExitCode").EqualTo(125));

    [Test]
    public void What_is_published_is_exposed_and_needs_no_network_to_be_named()
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i", Publish = ["8080:80"] });
        Assert.That(record.Network, Is.EqualTo("private"));
        Assert.That(record.Config.ExposedPorts!.Keys, Is.EqualTo(new[] { "80/tcp" }));
    }

    [TestCase("Iface\tDestination\tGateway\tFlags\ntap0\t0002000A\t00000000\t0001\ntap0\t00000000\t0202000A\t0003\n", "10.0.2.2")]
    [TestCase("Iface\tDestination\tGateway\tFlags\ntap0\t0002000A\t00000000\t0001\n", "")]
    [TestCase("", "")]
    public void The_gateway_is_read_from_the_routes(string routes, string gateway) => Assert.That(NetworkAddress.GatewayIn(routes), Is.EqualTo(gateway));

    [TestCase("bridge", "private bridge")]
    [TestCase("private", "private private")]
    [TestCase(null, "none none")]
    public void A_network_is_shown_as_it_was_asked_for(string? asked, string shown)
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i", Network = asked });
        Assert.That($"{record.Network} {record.ShownNetwork}", Is.EqualTo(shown));
    }

    [TestCase("none")]
    [TestCase("host")]
    public void Publishing_on_another_network_changes_nothing(string network) =>
        Assert.That(ContainerPlanTests.Plan(new RunRequest { Image = "i", Network = network, Publish = ["80"] }).Network, Is.EqualTo(network));

    [Test]
    public void A_range_of_the_host_for_one_port_is_any_that_is_free()
    {
        var port = PublishFlag.Parse("127.0.0.1:8000-8002:80").Single();
        Assert.That((port.HostPort, port.LastHostPort, port.ContainerPort, port.HostText), Is.EqualTo((8000, 8002, 80, "8000-8002")));
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var first = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        var wanted = new[] { 80, 81 }.Select(inside => new PortMapping("127.0.0.1", first, inside, "tcp", first + 20));
        var chosen = HostPorts.Choose(wanted, "c");
        Assert.That(chosen.Select(port => port.HostPort), Is.Unique.And.All.GreaterThan(first).And.All.AtMost(first + 20));
        Assert.That(() => HostPorts.Choose([new PortMapping("127.0.0.1", first, 80, "tcp")], "c"), Throws.TypeOf<RefusedException>().With.Message.Contains($"tcp4 127.0.0.1:{first}: bind: address already in use"));
    }
}
