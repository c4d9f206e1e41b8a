using System.Text.Json.Nodes;
using NUnit.Framework;

namespace OverlayFuse.Container.Tests;

public sealed class RuntimeSpecTests
{
    private static readonly UserLookup Root = new(0, 0, [], "/root");

    [Test]
    public void Root_in_the_container_has_dockers_capabilities_and_another_user_none_to_begin_with()
    {
        Assert.That(Strings(Spec(new RunRequest { Image = "i" }, Root)["process"]!["capabilities"]!["effective"]!), Does.Contain("CAP_CHOWN").And.Not.Contain("CAP_SYS_ADMIN"));
        var other = Spec(new RunRequest { Image = "i" }, new UserLookup(33, 33, [7], "/var/www"));
        Assert.That(Strings(other["process"]!["capabilities"]!["effective"]!), Is.Empty);
        Assert.That((string?)other["process"]!["user"]!["additionalGids"]!.ToJsonString(), Is.EqualTo("[7]"));
    }

    [Test]
    public void A_mount_inside_another_comes_after_it_and_a_read_only_one_is_so()
    {
        var mounts = Spec(new RunRequest { Image = "i", Volumes = ["/h2:/data/sub/deep:ro", "/h1:/data"] }, Root)["mounts"]!.AsArray();
        var own = mounts.Where(mount => ((string)mount!["destination"]!).StartsWith("/data", StringComparison.Ordinal)).ToList();
        Assert.That(own.Select(mount => (string?)mount!["destination"]), Is.EqualTo(new[] { "/data", "/data/sub/deep" }));
        Assert.That(Strings(own[1]!["options"]!), Is.EqualTo(new[] { "rbind", "ro", "rprivate" }));
        Assert.That(Strings(own[0]!["options"]!), Is.EqualTo(new[] { "rbind", "rw", "rprivate" }));
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
        var linux = new RuntimeSpec(ContainerPlanTests.Plan(new RunRequest { Image = "i" }), isRootless: true).Write("/m", "/f", Root, hasManyIds: true)["linux"]!.AsObject();
        Assert.That(linux.ContainsKey("resources") || linux.ContainsKey("cgroupsPath"), Is.False);
    }

    private static IEnumerable<string> Namespaces(RunRequest request) => Spec(request, Root)["linux"]!["namespaces"]!.AsArray().Select(entry => (string)entry!["type"]!);

    private static JsonObject Spec(RunRequest request, UserLookup user) => new RuntimeSpec(ContainerPlanTests.Plan(request), isRootless: false).Write("/merged", "/files", user, hasManyIds: true);

    private static IEnumerable<string> Strings(JsonNode array) => array.AsArray().Select(item => (string)item!);
}
