using System.Diagnostics;
using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

/// <summary>Volume plugins that are not as they should be.</summary>
[NonParallelizable]
public sealed class PluginTests
{
    private const string Activated = """{"Implements":["VolumeDriver"]}""";

    private readonly string? _before = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
    private string _root = "";

    [SetUp]
    public void Begin()
    {
        _root = Directory.CreateTempSubdirectory("overlayfuse-").FullName;
        Directory.CreateDirectory(_root + "/docker/plugins");
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", _root);
    }

    [TearDown]
    public void End()
    {
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", _before);
        Directory.Delete(_root, recursive: true);
    }

    [TestCase("""{"Volumes":[{"Name":3},{"Name":"pv2"}]}""", "pv2")]
    [TestCase("""{"Volumes":[{"Name":"pv1","CreatedAt":5,"Mountpoint":[]}]}""", "pv1")]
    [TestCase("""{"Volumes":[{"Name":"a\u001b[31mb"},{"Name":"../up"},{"Name":"line\n"},{"Name":"pv1"}]}""", "pv1")]
    [TestCase("""{"Volumes":[],"Volumes":[]}""", "")]
    [TestCase("""{"Volumes":[{"Name":"pv1","Name":"pv1"}]}""", "")]
    [TestCase("""{"Volumes":[{"Name":"\ud800"}]}""", "")]
    [TestCase("""{"Volumes":"x"}""", "")]
    [TestCase("""{"Err":3}""", "")]
    [TestCase("[1]", "")]
    [TestCase("no JSON", "")]
    public void A_list_that_makes_no_sense_is_left_out(string list, string names)
    {
        using var plugin = Serve("odd", ("VolumeDriver.List", list));
        Assert.That(string.Join(' ', PluginVolumes.All().Select(entry => entry.Volume.Name)), Is.EqualTo(names));
    }

    [TestCase("""{"Implements":[3]}""")]
    [TestCase("""{"Implements":{}}""")]
    [TestCase("""{"Implements":["VolumeDriver"],"Implements":["VolumeDriver"]}""")]
    public void A_plugin_that_does_not_say_what_it_is_is_none(string activated)
    {
        using var plugin = Serve("odd", ("Plugin.Activate", activated), ("VolumeDriver.List", """{"Volumes":[{"Name":"pv1"}]}"""));
        Assert.That(PluginVolumes.All(), Is.Empty);
        Assert.That(() => Driver("odd"), Throws.TypeOf<RefusedException>().With.Message.StartsWith("get pv1: error looking up volume plugin odd: "));
    }

    [TestCase("""{"Volume":"x"}""", "get pv1: no such volume")]
    [TestCase("""{"Err":3}""", "makes no sense")]
    [TestCase("""{"Volume":{"Name":"pv1"},"Volume":{}}""", "makes no sense")]
    public void A_volume_that_makes_no_sense_is_refused_in_a_sentence(string get, string words)
    {
        using var plugin = Serve("odd", ("VolumeDriver.Get", get));
        Assert.That(PluginVolumes.Find("pv1"), Is.Null);
        Assert.That(() => Driver("odd").FactsOf(Recorded("odd")), Throws.TypeOf<RefusedException>().With.Message.Contains(words));
    }

    [TestCase("""{"Capabilities":[]}""", "local")]
    [TestCase("""{"Capabilities":{"Scope":1}}""", "local")]
    [TestCase("""{"Capabilities":{"Scope":"global"}}""", "global")]
    public void Members_of_another_kind_are_as_if_they_were_missing(string capabilities, string scope)
    {
        using var plugin = Serve("odd", ("VolumeDriver.Get", """{"Volume":{"Name":"pv1","Mountpoint":7,"CreatedAt":{}}}"""), ("VolumeDriver.Capabilities", capabilities));
        Assert.That(Driver("odd").FactsOf(Recorded("odd")), Is.EqualTo(new VolumeFacts("", null, null, scope)));
        Assert.That(Driver("odd").PathOf(Recorded("odd")), Is.Empty);
    }

    [Test]
    public void An_answer_without_end_is_not_read_to_its_end()
    {
        using var plugin = Serve("odd", ("VolumeDriver.List", """{"Volumes":[{"Name":"pv1"}],"More":""" + '"' + new string('x', 2 << 20) + "\"}"));
        Assert.That(PluginVolumes.All(), Is.Empty);
    }

    [Test]
    public void Plugins_that_do_not_answer_are_waited_for_once_and_together()
    {
        using var first = new FakePlugin(_root + "/docker/plugins/dead.sock", new Dictionary<string, string>());
        using var second = new FakePlugin(_root + "/docker/plugins/mute.sock", new Dictionary<string, string>());
        using var third = Serve("slow");
        using var live = Serve("live", ("VolumeDriver.List", """{"Volumes":[{"Name":"theirs","Mountpoint":"/m"}]}"""), ("VolumeDriver.Capabilities", """{"Capabilities":{"Scope":"global"}}"""));
        var volumes = new VolumeStore(StateDirectory.Open(_root + "/state"));
        volumes.Ensure(new VolumeRecord { Name = "ours", Created = default });
        var watch = Stopwatch.StartNew();
        for (var turn = 0; turn < 2; turn++)
        {
            var listed = volumes.AllThereAre().Select(entry => (entry.Volume.Name, entry.Facts?.Path, entry.Facts?.Scope));
            Assert.That(listed, Is.EqualTo(new[] { ("ours", volumes.DataOf("ours"), "local"), ("theirs", "/m", "global") }));
        }
        Assert.That(PluginVolumes.Find("other"), Is.Null);
        Assert.That(() => Driver("dead"), Throws.TypeOf<RefusedException>().With.Message.Contains("does not answer"));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30))); // several times what one may take: live does not say what it has of "other"
        Assert.That(new[] { first, second, third, live }.Select(plugin => plugin.Count("Plugin.Activate")), Has.All.EqualTo(1));
        Assert.That(third.Count("VolumeDriver.List"), Is.EqualTo(1));
    }

    [Test]
    public void What_plugins_have_is_looked_up_before_a_volume_is_made_and_not_while_it_is()
    {
        using var plugin = Serve("live", ("VolumeDriver.Get", """{"Volume":{"Name":"pv1"}}"""));
        var volumes = new VolumeStore(StateDirectory.Open(_root + "/state"));
        var known = volumes.LookUp(new VolumeRecord { Name = "pv1", Created = default });
        Assert.That(known?.Driver, Is.EqualTo("live"));
        Assert.That(volumes.Ensure(new VolumeRecord { Name = "pv1", Created = default }, known).Driver, Is.EqualTo("live"));
        var asked = plugin.Heads.Count;
        Assert.That(volumes.Ensure(new VolumeRecord { Name = "pv2", Created = default }).Driver, Is.EqualTo("local"));
        Assert.That(plugin.Heads, Has.Count.EqualTo(asked));
    }

    [Test]
    public void A_volume_stays_where_its_plugin_does_not_say_whether_it_has_it()
    {
        using var plugin = Serve("odd", ("VolumeDriver.Get", new string('x', 2 << 20)));
        Assert.That(() => Driver("odd").Remove(Recorded("odd")), Throws.TypeOf<RefusedException>().With.Message.Contains("does not answer"));
    }

    [Test]
    public void A_volume_whose_plugin_has_gone_goes_by_force()
    {
        var volumes = new VolumeStore(StateDirectory.Open(_root + "/state"));
        using (Serve("gone", ("VolumeDriver.Get", """{"Volume":{"Name":"pv1"}}"""))) volumes.Ensure(Recorded("gone"));
        File.Delete(_root + "/docker/plugins/gone.sock");
        var recorded = volumes.Find("pv1")!;
        Assert.That(() => volumes.Remove(recorded), Throws.TypeOf<RefusedException>().With.Message.EqualTo("remove pv1: error looking up volume plugin gone: plugin \"gone\" not found"));
        volumes.Remove(recorded, isForced: true);
        Assert.That(volumes.All(), Is.Empty);
    }

    private FakePlugin Serve(string name, params (string Method, string Answer)[] answers)
    {
        var all = answers.ToDictionary(answer => answer.Method, answer => answer.Answer);
        all.TryAdd("Plugin.Activate", Activated);
        return new FakePlugin($"{_root}/docker/plugins/{name}.sock", all);
    }

    private VolumeDriver Driver(string name) => VolumeDriver.Of(name, new VolumeStore(StateDirectory.Open(_root + "/state")), "get pv1");

    private static VolumeRecord Recorded(string driver) => new() { Name = "pv1", Created = default, Driver = driver };
}
