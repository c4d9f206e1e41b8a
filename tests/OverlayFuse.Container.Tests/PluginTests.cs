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
        Assert.That(string.Join(' ', PluginVolumes.All().Select(volume => volume.Name)), Is.EqualTo(names));
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
    public void A_proxy_is_not_asked_the_way_to_a_socket()
    {
        using var plugin = Serve("odd", ("VolumeDriver.List", """{"Volumes":[{"Name":"pv1"}]}"""));
        Environment.SetEnvironmentVariable("http_proxy", "http://user:secret@127.0.0.1:1");
        try
        {
            Assert.That(PluginVolumes.All().Count(), Is.EqualTo(1));
            Assert.That(plugin.Heads, Has.All.Not.Contains("Proxy"));
            Assert.That(plugin.Heads, Has.All.StartsWith("POST /"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("http_proxy", null);
        }
    }

    [Test]
    public void An_answer_without_end_is_not_read_to_its_end()
    {
        using var plugin = Serve("odd", ("VolumeDriver.List", """{"Volumes":[{"Name":"pv1"}],"More":""" + '"' + new string('x', 2 << 20) + "\"}"));
        Assert.That(PluginVolumes.All(), Is.Empty);
    }

    private FakePlugin Serve(string name, params (string Method, string Answer)[] answers) =>
        new($"{_root}/docker/plugins/{name}.sock", new Dictionary<string, string>(answers.Append(("Plugin.Activate", Activated)).DistinctBy(answer => answer.Item1).Select(answer => KeyValuePair.Create(answer.Item1, answer.Item2))));

    private VolumeDriver Driver(string name) => VolumeDriver.Of(name, new VolumeStore(StateDirectory.Open(_root + "/state")), "get pv1");

    private static VolumeRecord Recorded(string driver) => new() { Name = "pv1", Created = default, Driver = driver };
}
