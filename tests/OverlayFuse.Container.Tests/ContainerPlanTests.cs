using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

public sealed class ContainerPlanTests
{

    [Test]
    public void The_image_says_what_runs_and_the_request_overrides_it()
    {
        Assert.That(Plan(new RunRequest { Image = "i" }).Command, Is.EqualTo(new[] { "/entry", "default" }));
        Assert.That(Plan(new RunRequest { Image = "i", Command = ["a", "b"] }).Command, Is.EqualTo(new[] { "/entry", "a", "b" }));
        Assert.That(Plan(new RunRequest { Image = "i", Entrypoint = "/other" }).Command, Is.EqualTo(new[] { "/other" }));
        Assert.That(Plan(new RunRequest { Image = "i", Entrypoint = "", Command = ["a"] }).Command, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void Nothing_to_run_is_refused() =>
        Assert.That(() => Plan(new RunRequest { Image = "i", Entrypoint = "" }), Throws.TypeOf<RefusedException>().With.Message.EqualTo("No command specified."));

    [Test]
    public void Variables_of_the_request_win_over_those_of_the_image()
    {
        var record = Plan(new RunRequest { Image = "i", Environment = ["A=new", "B=2"] });
        Assert.That(record.Config.Env, Is.EqualTo(new[] { "A=new", "B=2" }));
    }

    [Test]
    public void Variables_of_the_request_come_before_those_of_the_image()
    {
        var image = Image();
        image.Config.Config!.Env = ["PATH=/bin", "A=old", "Z=1"];
        Assert.That(ContainerPlan.For(new RunRequest { Image = "i", Environment = ["B=2", "A=new"] }, image, "name", []).Config.Env, Is.EqualTo(new[] { "B=2", "A=new", "PATH=/bin", "Z=1" }));
    }

    [TestCase("")]
    [TestCase("=v")]
    public void A_label_has_a_name(string label) =>
        Assert.That(() => Plan(new RunRequest { Image = "i", Labels = [label] }), Throws.TypeOf<RefusedException>().With.Message.Contains("empty name").And.Property("ExitCode").EqualTo(125));

    [Test]
    public void An_empty_working_directory_is_the_image_s() =>
        Assert.That(Plan(new RunRequest { Image = "i", WorkingDirectory = "" }).Config.WorkingDir, Is.EqualTo(Plan(new RunRequest { Image = "i" }).Config.WorkingDir));

    [Test]
    public void A_variable_without_a_value_is_ours_and_a_name_alone_where_we_have_none()
    {
        Environment.SetEnvironmentVariable("OVERLAYFUSE_TEST_OURS", "mine");
        Assert.That(Plan(new RunRequest { Image = "i", Environment = ["OVERLAYFUSE_TEST_OURS", "A"] }).Config.Env, Is.EqualTo(new[] { "OVERLAYFUSE_TEST_OURS=mine", "A" }));
        Assert.That(() => Plan(new RunRequest { Image = "i", Environment = ["=x"] }), Throws.TypeOf<RefusedException>().With.Message.Contains("invalid environment variable: =x"));
    }

    [Test]
    public void What_is_removed_at_its_end_is_not_started_again() => Assert.That(
        () => Plan(new RunRequest { Image = "i", Restart = "always", AutoRemove = true }), Throws.TypeOf<RefusedException>().With.Message.EqualTo("Conflicting options: --restart and --rm."));

    [TestCase("no", 1, 0, false)]
    [TestCase("on-failure", 0, 0, false)]
    [TestCase("on-failure", 1, 1000, true)]
    [TestCase("on-failure:2", 1, 1, true)]
    [TestCase("on-failure:2", 1, 2, false)]
    [TestCase("always", 0, 1000, true)]
    [TestCase("unless-stopped", 0, 1000, true)]
    public void A_program_begins_again_by_its_exit_code_and_so_often(string policy, int exitCode, int restarts, bool again) =>
        Assert.That(RestartPolicy.Parse(policy).StartsAgain(exitCode, restarts), Is.EqualTo(again));

    [TestCase(0, 0, 100)]
    [TestCase(100, 9, 200)]
    [TestCase(51_200, 9, 60_000)]
    [TestCase(60_000, 9, 60_000)]
    [TestCase(60_000, 10, 100)]
    public void It_waits_longer_each_time_until_it_has_run_for_a_while(int before, int ranSeconds, int pause) =>
        Assert.That(RestartPolicy.Pause(TimeSpan.FromMilliseconds(before), TimeSpan.FromSeconds(ranSeconds)).TotalMilliseconds, Is.EqualTo(pause));

    [TestCase("no", null)]
    [TestCase("no:0", null)]
    [TestCase("always", null)]
    [TestCase("on-failure:3", null)]
    [TestCase("unless-stopped", null)]
    [TestCase("sometimes", "invalid restart policy 'sometimes'.")]
    [TestCase("always:3", "maximum retry count cannot be used with restart policy 'always'.")]
    [TestCase("on-failure:x", "maximum retry count must be an integer.", 125)]
    [TestCase("on-failure:", "maximum retry count must be an integer.", 125)]
    [TestCase("on-failure:-1", "maximum retry count cannot be negative.")]
    [TestCase("on-failure:1:2", "invalid restart policy format.", 125)]
    public void When_a_container_is_started_again_is_said_in_dockers_words(string policy, string? words, int code = 1)
    {
        if (words is null) Assert.That(() => Plan(new RunRequest { Image = "i", Restart = policy }), Throws.Nothing);
        else Assert.That(() => Plan(new RunRequest { Image = "i", Restart = policy }), Throws.TypeOf<RefusedException>().With.Message.Contains(words).And.Property("ExitCode").EqualTo(code));
    }

    [Test]
    public void A_volume_of_the_image_is_made_unless_something_else_is_mounted_there()
    {
        Assert.That(Plan(new RunRequest { Image = "i" }).Mounts.Single() is { Target: "/data", IsAnonymous: true }, Is.True);
        Assert.That(Plan(new RunRequest { Image = "i", Volumes = ["vol:/data"] }).Mounts.Single() is { Volume: "vol", IsAnonymous: false }, Is.True);
    }

    [TestCase("/:/host")]
    [TestCase("mydb:/x")]
    [TestCase("/")]
    public void A_volume_of_an_image_is_a_path_and_names_nothing_of_the_host(string path)
    {
        var image = Image();
        image.Config.Config!.Volumes = new() { [path] = default };
        if (path == "/:/host") Assert.That(ContainerPlan.For(new RunRequest { Image = "i" }, image, "name", []).Mounts.Single() is { Kind: MountKind.Volume, IsAnonymous: true, Target: "/:/host", Source: "" }, Is.True);
        else Assert.That(() => ContainerPlan.For(new RunRequest { Image = "i" }, image, "name", []), Throws.TypeOf<RefusedException>().With.Message.Contains(path));
    }

    [Test]
    public void A_port_that_an_image_exposes_is_none_of_the_host()
    {
        var image = Image();
        image.Config.Config!.ExposedPorts = new() { ["0.0.0.0:22:22"] = default };
        Assert.That(() => ContainerPlan.For(new RunRequest { Image = "i", PublishAll = true }, image, "name", []), Throws.TypeOf<RefusedException>().With.Message.Contains("0.0.0.0:22:22"));
    }

    [TestCase("/nosuch/../x/", "/x")]
    [TestCase("//a/./b", "/a/b")]
    [TestCase("/..", "/")]
    public void A_working_directory_is_kept_without_detours(string given, string kept) =>
        Assert.That(Plan(new RunRequest { Image = "i", WorkingDirectory = given }).Config.WorkingDir, Is.EqualTo(kept));

    [Test]
    public void Two_mounts_at_one_place_are_refused() =>
        Assert.That(() => Plan(new RunRequest { Image = "i", Volumes = ["vol:/x"], Tmpfs = ["/x"] }), Throws.TypeOf<RefusedException>().With.Message.Contains("Duplicate mount point: /x"));

    [Test]
    public void An_unknown_network_is_refused() =>
        Assert.That(() => Plan(new RunRequest { Image = "i", Network = "nosuch" }), Throws.TypeOf<RefusedException>().With.Property("ExitCode").EqualTo(1));

    [Test]
    public void The_host_name_is_the_short_id_unless_one_is_given()
    {
        var record = Plan(new RunRequest { Image = "i" });
        Assert.That(record.Hostname, Is.EqualTo(record.Id[..12]));
        Assert.That(Plan(new RunRequest { Image = "i", Hostname = "h1" }).Hostname, Is.EqualTo("h1"));
    }

    internal static ContainerRecord Plan(RunRequest request) => ContainerPlan.For(request, Image(), "name", []);

    private static StoredImage Image() => new(
        new ImageRecord { Id = new string('a', 64), Layers = [new LayerRecord { Id = "low", DiffId = "", Blob = "", BlobSize = 0, Size = 0 }, new LayerRecord { Id = "top", DiffId = "", Blob = "", BlobSize = 0, Size = 0 }], Stored = default },
        new ImageConfig { Config = new ContainerConfig { Entrypoint = ["/entry"], Cmd = ["default"], Env = ["A=old"], Volumes = new() { ["/data"] = default } } },
        []);
}
