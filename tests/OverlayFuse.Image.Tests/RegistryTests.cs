using System.Text;
using System.Text.Json;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Image.Tests;

public sealed class RegistryTests
{
    [TestCase("web", "docker.io", "library/web", "https://registry-1.docker.io")]
    [TestCase("me/web", "docker.io", "me/web", "https://registry-1.docker.io")]
    [TestCase("docker.io/web", "docker.io", "library/web", "https://registry-1.docker.io")]
    [TestCase("localhost/web", "localhost", "web", "http://localhost")]
    [TestCase("localhost:5000/a/web", "localhost:5000", "a/web", "http://localhost:5000")]
    [TestCase("127.0.0.9:5000/web", "127.0.0.9:5000", "web", "http://127.0.0.9:5000")]
    [TestCase("10.0.0.1:5000/web", "10.0.0.1:5000", "web", "https://10.0.0.1:5000")]
    [TestCase("localhost.example.org/web", "localhost.example.org", "web", "https://localhost.example.org")]
    public void A_name_leads_to_a_registry_and_plain_HTTP_only_to_this_machine(string name, string host, string repository, string address) =>
        Assert.That(RegistryName.Of(ImageReference.Parse(name)), Is.EqualTo(new RegistryName(host, repository, address)));

    [TestCase("Bearer realm=\"https://a/t\",service=\"s, x\",scope=\"repository:a:pull,push\"", "https://a/t?service=s%2C%20x&scope=repository%3Aa%3Apull%2Cpush")]
    [TestCase("Bearer realm=https://a/t", "https://a/t")]
    [TestCase("Bearer realm=\"https://a/t?x=1\", service=s", "https://a/t?x=1&service=s")]
    [TestCase("Basic service=\"x\"", null)]
    public void A_challenge_says_where_a_token_is(string header, string? address) => Assert.That(Challenge.TryParse(header)!.TokenAddress(), Is.EqualTo(address));

    [TestCase("Bearer realm=\"open")]
    [TestCase("Bearer")]
    [TestCase("Bearer x")]
    public void What_is_no_challenge_is_none(string header) => Assert.That(Challenge.TryParse(header), Is.Null);

    [Test]
    public void An_image_is_pulled_for_a_token_that_costs_a_password()
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out var image, password: "me:secret");
        using var client = registry.Client("me:secret");
        var store = new ImageStore(StateDirectory.Open(scratch["here"]));
        var pulled = new ImagePuller(store, client).Pull(registry.Reference, out _);
        Assert.That((pulled.Id, pulled.References.Count == 0, store.Find(registry.Reference.ToString())?.Id), Is.EqualTo((image.Id, true, image.Id)));
        Assert.That(registry.Requests, Has.Some.StartsWith("GET /token?service=fake&scope=repository%3At%2Fweb%3Apull"));
        Assert.That(registry.Requests.Count(request => request.StartsWith("GET /token", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(scratch["here/tmp"], "*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void A_digest_leads_to_its_manifest_and_is_a_name_of_the_image()
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out var image, password: null);
        using var client = registry.Client();
        var store = new ImageStore(StateDirectory.Open(scratch["here"]));
        var manifest = registry.Answers["/v2/t/web/manifests/1"];
        registry.Answers[$"/v2/t/web/manifests/{Digest.Of(manifest)}"] = manifest;
        var pinned = ImageReference.TryParsePinned($"{registry.Host}/t/web:any@{Digest.Of(manifest)}")!;
        new ImagePuller(store, client).Pull(pinned, out _);
        Assert.That((store.Find(pinned.ToString())?.Id, store.Find(pinned.ToString())?.References.Single(), store.Find(registry.Reference.ToString())), Is.EqualTo((image.Id, pinned, (StoredImage?)null)));
        new ImagePuller(store, client).Pull(registry.Reference, out _);
        Assert.That(store.Get(image.Id).References, Is.EquivalentTo(new[] { registry.Reference, pinned }));
        Assert.That(store.Get(image.Id).GoingWith(registry.Reference), Is.EqualTo(new[] { registry.Reference, pinned }));
        Assert.That(store.Get(image.Id).HasOneName, Is.True);
        registry.Answers[$"/v2/t/web/manifests/{Digest.Of(manifest)}"] = [.. manifest, (byte)' '];
        Assert.That(() => new ImagePuller(store, client).Pull(pinned, out _), Throws.TypeOf<RefusedException>().With.Message.Contains("instead of " + Digest.Of(manifest)));
    }

    [Test]
    public void A_layer_whose_archive_goes_while_an_image_upon_it_is_pulled_is_fetched_after_all()
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out var below);
        using var client = registry.Client();
        var here = new ImageStore(StateDirectory.Open(scratch["here"]));
        new ImagePuller(here, client).Pull(registry.Reference, out _);

        var there = new ImageStore(StateDirectory.Open(scratch["there"]));
        File.WriteAllBytes(scratch["more.tar"], Archives.Of(Archives.File("more", "text")));
        var layer = DerivedImage.AddLayer(there, scratch["more.tar"], below.Record.Layers);
        Serve(registry, there, DerivedImage.Keep(there, DerivedImage.Passing(below.Config, [.. below.Record.Layers, layer], new ContainerConfig(), [])));
        registry.Asked = path =>
        {
            if (path.EndsWith(layer.Blob, StringComparison.Ordinal)) here.Remove(here.Get(below.Id), _ => true); // a container stands on its layer
        };
        var pulled = new ImagePuller(here, client).Pull(registry.Reference, out _);
        Assert.That(here.Find(below.Id), Is.Null);
        Assert.That(pulled.Record.Layers.Select(one => here.Blobs.Has(Digest.FromHex(one.Blob)!.Value)), Is.EqualTo(new[] { true, true }));
        Assert.That(Directory.GetFiles(scratch["here/tmp"], "*", SearchOption.AllDirectories), Is.Empty);
    }

    [TestCase("a@sha256:x")]
    [TestCase("@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("A b@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public void What_is_no_digest_is_no_name(string text) => Assert.That(ImageReference.TryParsePinned(text), Is.Null);

    [TestCase(null)]
    [TestCase("me:wrong")]
    public void Without_the_right_password_access_is_denied(string? credentials)
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out _, password: "me:secret");
        using var client = registry.Client(credentials);
        Assert.That(() => new ImagePuller(new ImageStore(StateDirectory.Open(scratch["here"])), client).Pull(registry.Reference, out _), Throws.TypeOf<RefusedException>().With.Message.Contains("denied"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void What_breaks_off_goes_on_where_it_was(bool ignoresRanges)
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out var image, ignoresRanges: ignoresRanges);
        registry.CutAfter = 700;
        using var client = registry.Client();
        var state = StateDirectory.Open(scratch["here"]);
        var layer = Digest.FromHex(image.Record.Layers[0].Blob)!.Value;
        var size = image.Record.Layers[0].BlobSize;
        var came = 0L;
        var path = new BlobFetcher(client, state) { FirstPause = TimeSpan.FromMilliseconds(1), Came = count => came += count }.Fetch(layer, size);
        Assert.That((Digest.Of(File.ReadAllBytes(path)), came), Is.EqualTo((layer, size)));
        Assert.That(registry.Requests.Count(request => request.Contains("/blobs/", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That(registry.Requests[^1], Does.EndWith("bytes=700-"));
    }

    [Test]
    public void What_a_killed_command_has_fetched_is_not_fetched_again()
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out var image);
        using var client = registry.Client();
        var state = StateDirectory.Open(scratch["here"]);
        var layer = Digest.FromHex(image.Record.Layers[0].Blob)!.Value;
        var content = registry.Answers[$"/v2/t/web/blobs/{layer}"];
        File.WriteAllBytes(Path.Combine(state.Temporary, $"{layer.Hex}.partial"), content[..512]);
        var path = new BlobFetcher(client, state).Fetch(layer, content.Length);
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(content));
        Assert.That(registry.Requests, Is.EqualTo(new[] { $"GET /v2/t/web/blobs/{layer} bytes=512-" }));
    }

    [Test]
    public void A_document_that_does_not_come_to_its_end_is_not_waited_for()
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out _);
        registry.KeepsBack = 1;
        using var client = Impatient(registry);
        Assert.That(() => new ImagePuller(new ImageStore(StateDirectory.Open(scratch["here"])), client).Pull(registry.Reference, out _), Throws.TypeOf<RefusedException>().With.Message.Contains("does not answer"));
    }

    [Test]
    public void A_small_request_with_a_body_is_answered_in_time_or_given_up()
    {
        using var registry = new FakeRegistry { KeepsBack = int.MaxValue };
        using var client = Impatient(registry);
        Assert.That(() => client.Send(() => new HttpRequestMessage(HttpMethod.Post, client["blobs/uploads/"]) { Content = new ByteArrayContent([]) }), Throws.TypeOf<RefusedException>().With.Message.Contains("does not answer"));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void What_has_another_digest_or_more_bytes_is_refused_and_not_kept(int moreBytes)
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out var image);
        var layer = $"/v2/t/web/blobs/sha256:{image.Record.Layers[0].Blob}";
        var content = registry.Answers[layer];
        content[^1] ^= 1;
        registry.Answers[layer] = [.. content, .. new byte[moreBytes]];
        using var client = registry.Client();
        var store = new ImageStore(StateDirectory.Open(scratch["here"]));
        Assert.That(() => new ImagePuller(store, client).Pull(registry.Reference, out _), Throws.TypeOf<RefusedException>().With.Message.Contains("verification failed"));
        Assert.That(store.All(), Is.Empty);
        Assert.That(Directory.GetDirectories(scratch["here/overlay2"]).Select(Path.GetFileName), Is.EqualTo(new[] { "l" }));
    }

    [Test]
    public void Of_images_for_several_machines_the_one_for_this_is_taken()
    {
        using var scratch = new Scratch();
        using var registry = Serving(scratch, out var image);
        var manifest = registry.Answers["/v2/t/web/manifests/1"];
        registry.Answers[$"/v2/t/web/manifests/{Digest.Of(manifest)}"] = manifest;
        registry.Answers["/v2/t/web/manifests/1"] = Encoding.UTF8.GetBytes($$$"""
            {"schemaVersion":2,"manifests":[
              {"digest":"sha256:{{{new string('0', 64)}}}","size":1,"platform":{"os":"linux","architecture":"vax"}},
              {"digest":"{{{Digest.Of(manifest)}}}","size":{{{manifest.Length}}},"platform":{"os":"linux","architecture":"{{{ImageLoader.ThisArchitecture}}}"}}]}
            """);
        using var client = registry.Client();
        Assert.That(new ImagePuller(new ImageStore(StateDirectory.Open(scratch["here"])), client).Pull(registry.Reference, out _).Id, Is.EqualTo(image.Id));
    }

    [Test]
    public void Credentials_are_kept_beside_what_docker_has_in_its_file()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["config.json"], """{"auths":{"a.example":{"auth":"bWU6cHc="}},"detachKeys":"ctrl-e"}""");
        var credentials = new RegistryCredentials(scratch["config.json"]);
        Assert.That((credentials.Find("a.example"), credentials.Find("b.example")), Is.EqualTo(("me:pw", (string?)null)));
        credentials.Put("b.example", "you:x");
        Assert.That((credentials.Remove("a.example"), credentials.Remove("a.example")), Is.EqualTo((true, false)));
        using var left = JsonDocument.Parse(File.ReadAllText(scratch["config.json"]));
        Assert.That((left.RootElement.GetProperty("detachKeys").GetString(), credentials.Find("b.example"), ModeOf(scratch["config.json"])), Is.EqualTo(("ctrl-e", "you:x", 0x180u)));
    }

    private static RegistryClient Impatient(FakeRegistry registry) => new(RegistryName.Of(registry.Reference), null) { Patience = TimeSpan.FromMilliseconds(300) };

    private static uint ModeOf(string path) => Syscall.Stat(path, out var status) == Errno.None ? status.Mode & Mode.Permissions : 0;

    private static FakeRegistry Serving(Scratch scratch, out StoredImage image, string? password = null, bool ignoresRanges = false)
    {
        var there = new ImageStore(StateDirectory.Open(scratch["there"]));
        File.WriteAllBytes(scratch["root.tar"], Archives.Of(Archives.File("f", "text"), Archives.File("g", new string('x', 3000))));
        image = new RootFsImporter(there).Import(scratch["root.tar"], "root.tar", null, ["CMD [\"/f\"]"], null);
        var registry = new FakeRegistry { Password = password, IgnoresRanges = ignoresRanges };
        Serve(registry, there, image);
        return registry;
    }

    private static void Serve(FakeRegistry registry, ImageStore there, StoredImage image)
    {
        registry.Answers["/v2/t/web/manifests/1"] = ImageManifest.Of(there, image);
        foreach (var blob in there.Blobs.All()) registry.Answers[$"/v2/t/web/blobs/{blob}"] = File.ReadAllBytes(there.Blobs.PathOf(blob));
    }
}
