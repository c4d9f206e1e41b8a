using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Image.Tests;

public sealed class ImageStoreTests
{
    [Test]
    public void An_imported_image_is_found_by_name_and_by_the_first_digits_of_its_id_and_its_layer_lies_as_the_lesson_draws_it()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");

        Assert.That((store.Find("web:1")?.Id, store.Find(image.Record.Id[..6])?.Id, store.Find("web")), Is.EqualTo((image.Id, image.Id, (StoredImage?)null)));
        var layer = image.LayerIds.Single();
        Assert.That(File.ReadAllText(Path.Combine(store.Layers.DiffOf(layer), "f")), Is.EqualTo("text"));
        var link = Path.Combine(scratch["state/overlay2/l"], File.ReadAllText(Path.Combine(store.Layers.PathOf(layer), "link")));
        Assert.That(File.ReadAllText(Path.Combine(link, "f")), Is.EqualTo("text"));
        Assert.That(image.Record.Layers.Single().DiffId, Is.EqualTo("sha256:" + layer));
        Assert.That(Directory.GetFiles(scratch["state/tmp"], "*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void A_saved_image_loads_elsewhere_as_the_same_image()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        Save(store, image, scratch["saved.tar"]);

        var other = new ImageStore(StateDirectory.Open(scratch["other"]));
        var loaded = new ImageLoader(other).Load(scratch["saved.tar"]);
        Assert.That((loaded.Single().Image.Id, loaded.Single().Name?.ToString()), Is.EqualTo((image.Id, "web:1")));
        Assert.That(File.ReadAllText(Path.Combine(other.Layers.DiffOf(image.LayerIds.Single()), "f")), Is.EqualTo("text"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_directory_is_loaded_and_nothing_outside_of_it(bool isLink)
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        Save(store, image, scratch["saved.tar"]);
        System.Formats.Tar.TarFile.ExtractToDirectory(scratch["saved.tar"], Directory.CreateDirectory(scratch["layout"]).FullName, overwriteFiles: true);
        var config = scratch[$"layout/blobs/sha256/{image.Record.Id}"];
        File.Move(config, scratch["outside"]);
        if (isLink) File.CreateSymbolicLink(config, scratch["outside"]);
        else File.WriteAllText(scratch["layout/manifest.json"], File.ReadAllText(scratch["layout/manifest.json"]).Replace($"blobs/sha256/{image.Record.Id}", scratch["outside"], StringComparison.Ordinal));

        var other = new ImageStore(StateDirectory.Open(scratch["other"]));
        Assert.That(() => new ImageLoader(other).Load(scratch["layout"]), Throws.TypeOf<RefusedException>().With.Message.Contains("lacks the file"));
        if (isLink) File.Delete(config);
        File.Move(scratch["outside"], isLink ? config : scratch["layout/outside"]);
        if (!isLink) File.WriteAllText(scratch["layout/manifest.json"], File.ReadAllText(scratch["layout/manifest.json"]).Replace(scratch["outside"], "outside", StringComparison.Ordinal));
        Assert.That(new ImageLoader(other).Load(scratch["layout"]).Single().Image.Id, Is.EqualTo(image.Id));
    }

    [Test]
    public void An_image_that_is_removed_while_it_is_saved_is_saved_whole()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        Save(store, image, scratch["before.tar"]);
        using var file = new MemoryStream();
        using (var saver = new ImageSaver(store, [(image, image.References)]))
        {
            using (store.Lock()) store.Remove(image, _ => false); // who waits for the lock is not waited for
            saver.Write(new TarWriter(file));
        }
        Assert.That(file.ToArray(), Is.EqualTo(File.ReadAllBytes(scratch["before.tar"])));
    }

    [Test]
    public void A_layer_whose_bytes_were_changed_is_refused_and_nothing_is_left()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        Save(store, image, scratch["saved.tar"]);
        var archive = File.ReadAllBytes(scratch["saved.tar"]);
        var at = archive.AsSpan().IndexOf("text"u8);
        archive[at] = (byte)'T';
        File.WriteAllBytes(scratch["saved.tar"], archive);

        var other = new ImageStore(StateDirectory.Open(scratch["other"]));
        Assert.That(() => new ImageLoader(other).Load(scratch["saved.tar"]), Throws.TypeOf<RefusedException>().With.Message.Contains("digest"));
        Assert.That(other.All(), Is.Empty);
        Assert.That(Directory.GetDirectories(scratch["other/overlay2"]).Select(Path.GetFileName), Is.EqualTo(new[] { "l" }));
        Assert.That(Directory.GetFiles(scratch["other/tmp"], "*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void The_archive_of_a_layer_that_is_there_is_checked_as_well()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        var diffId = Digest.TryParse(image.Record.Layers.Single().DiffId);
        File.WriteAllBytes(scratch["other.tar"], Archives.Of(Archives.File("f", "TEXT")));
        Assert.That(() => new LayerWriter(store).Store(scratch["other.tar"], [], diffId, null, out _), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"instead of {diffId}"));
        Assert.That(store.Blobs.All().Count(), Is.EqualTo(2));
    }

    [Test]
    public void Two_images_share_a_layer_which_goes_with_the_last()
    {
        using var scratch = new Scratch();
        var (store, first) = Import(scratch, "web:1");
        var second = new RootFsImporter(store).Import(scratch["root.tar"], "root.tar", "another", [], ImageReference.Parse("web:2"));
        Assert.That((second.Id == first.Id, second.LayerIds.Single()), Is.EqualTo((false, first.LayerIds.Single())));

        store.Remove(first, _ => false);
        Assert.That(store.Layers.Has(second.LayerIds.Single()), Is.True);
        store.Remove(store.Get("web:2"), _ => false);
        Assert.That(store.Layers.Has(second.LayerIds.Single()), Is.False);
        Assert.That((store.All().Count, store.Blobs.All().Count(), Directory.GetFileSystemEntries(scratch["state/overlay2/l"]).Length), Is.EqualTo((0, 0, 0)));
    }

    [Test]
    public void A_layer_that_a_container_stands_on_stays_when_its_image_goes()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        store.Remove(image, _ => true);
        Assert.That(store.Layers.Has(image.LayerIds.Single()), Is.True);
    }

    [Test]
    public void A_layer_that_is_left_is_used_again_and_not_unpacked_anew()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        store.Remove(image, _ => true);
        File.WriteAllText(Path.Combine(store.Layers.DiffOf(image.LayerIds.Single()), "mark"), "here before");
        var again = new RootFsImporter(store).Import(scratch["root.tar"], "root.tar", null, [], null);
        Assert.That(File.Exists(Path.Combine(store.Layers.DiffOf(again.LayerIds.Single()), "mark")), Is.True);
        Assert.That(again.Size, Is.EqualTo(4));
    }

    [Test]
    public void A_removal_that_stops_half_way_leaves_a_layer_that_can_be_mounted()
    {
        using var scratch = new Scratch();
        var (_, image) = Import(scratch, "web:1");
        var later = new ImageStore(StateDirectory.Open(scratch["state"]));
        Directory.Delete(scratch["state/tmp"], recursive: true); // so that there is no place to move it to
        Assert.That(() => later.Layers.Remove(image.LayerIds.Single()), Throws.Exception);
        Assert.That((later.Layers.Has(image.LayerIds.Single()), Directory.Exists(later.Layers.Stack(image.LayerIds).Single())), Is.EqualTo((true, true)));
    }

    [Test]
    public void A_layer_that_has_lost_its_short_name_gets_it_back_with_the_next_image()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        store.Remove(image, _ => true);
        File.Delete(store.Layers.Stack(image.LayerIds).Single());
        var again = new RootFsImporter(store).Import(scratch["root.tar"], "root.tar", null, [], null);
        Assert.That(File.ReadAllText(Path.Combine(store.Layers.Stack(again.LayerIds).Single(), "f")), Is.EqualTo("text"));
    }

    [Test]
    public void No_image_is_made_upon_a_layer_that_only_a_container_keeps()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        var stage = new BuildStage(null, image);
        stage.Add("CMD true", new CachedStep { Layer = null, Below = image.LayerIds[0], Created = DerivedImage.Now() });
        store.Remove(image, _ => true); // whose archive goes with the image: what is made upon it could not be saved
        File.WriteAllBytes(scratch["more.tar"], Archives.Of(Archives.File("more", "text")));
        Assert.That(() => DerivedImage.AddLayer(store, scratch["more.tar"], image.Record.Layers), Throws.TypeOf<RefusedException>().With.Message.Contains("was removed meanwhile"));
        Assert.That(() => stage.Keep(store), Throws.TypeOf<RefusedException>().With.Message.Contains("Build again"));
        Assert.That(store.All(), Is.Empty);
    }

    [Test]
    public void An_image_that_has_lost_an_archive_has_that_with_which_it_comes_again()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        store.Blobs.Remove(Digest.FromHex(image.Record.Layers.Single().Blob)!.Value);
        using (var packed = new System.IO.Compression.GZipStream(File.Create(scratch["packed"]), System.IO.Compression.CompressionLevel.Fastest)) packed.Write(File.ReadAllBytes(scratch["root.tar"]));
        var layer = new LayerWriter(store).Store(scratch["packed"], [], Digest.TryParse(image.Record.Layers.Single().DiffId), null, out _);
        store.Add(store.Blobs.Read(Digest.FromHex(image.Record.Id)!.Value), [layer]);
        Assert.That(store.Get("web:1").Record.Layers.Select(one => one.Blob), Is.EqualTo(new[] { layer.Blob }));
        Assert.That(layer.Blob, Is.Not.EqualTo(image.Record.Layers.Single().Blob));
    }

    [Test]
    public void The_files_of_the_store_are_as_the_README_says()
    {
        using var scratch = new Scratch();
        var (store, image) = Import(scratch, "web:1");
        var layer = image.Record.Layers.Single();
        Assert.That(File.ReadAllText(scratch["state/image/references.json"]), Is.EqualTo($$"""{"web:1":"{{image.Record.Id}}"}"""));
        Assert.That(
            File.ReadAllText(scratch[$"state/image/images/{image.Record.Id}.json"]),
            Does.StartWith($$"""{"Id":"{{image.Record.Id}}","Layers":[{"Id":"{{layer.Id}}","DiffId":"sha256:{{layer.Id}}","Blob":"{{layer.Blob}}","BlobSize":{{layer.BlobSize}},"Size":4}],"Stored":"20"""));
        Assert.That(File.ReadAllText(Path.Combine(store.Layers.PathOf(layer.Id), "size")), Is.EqualTo("4"));
        Assert.That(File.ReadAllText(Path.Combine(store.Layers.PathOf(layer.Id), "link")), Does.Match("^[A-Z2-7]{26}$"));
        Assert.That(File.Exists(Path.Combine(store.Layers.PathOf(layer.Id), "lower")), Is.False);
    }

    [Test]
    public void What_a_process_makes_is_its_own_until_it_is_gone()
    {
        using var scratch = new Scratch();
        var state = StateDirectory.Open(scratch["state"]);
        Directory.CreateDirectory(scratch["state/tmp/process-dead/deep"]);
        var made = state.NewTemporary(); // which takes away what the dead one has left
        File.WriteAllText(made, "");
        Assert.That(Directory.Exists(scratch["state/tmp/process-dead"]), Is.False);
        StateDirectory.Open(scratch["state"]).SweepTemporary();
        Assert.That((File.Exists(made), Path.GetDirectoryName(state.NewTemporary())), Is.EqualTo((true, Path.GetDirectoryName(made))));
    }

    [Test]
    public void What_is_kept_for_the_next_command_goes_when_it_is_old()
    {
        using var scratch = new Scratch();
        var state = StateDirectory.Open(scratch["state"]);
        Directory.CreateDirectory(scratch["state/tmp/old/deep"]);
        Directory.CreateDirectory(scratch["state/tmp/young"]);
        Directory.SetLastWriteTimeUtc(scratch["state/tmp/old"], DateTime.UtcNow.AddDays(-2));
        state.SweepTemporary();
        Assert.That(Directory.GetFileSystemEntries(scratch["state/tmp"]).Select(Path.GetFileName), Is.EqualTo(new[] { "young" }));
    }

    [Test]
    public void What_is_no_image_is_refused_with_a_sentence()
    {
        using var scratch = new Scratch();
        var store = new ImageStore(StateDirectory.Open(scratch["state"]));
        File.WriteAllText(scratch["text"], "no archive at all, but longer than a block" + new string('.', 600));
        File.WriteAllBytes(scratch["root.tar"], Archives.Of(Archives.File("etc/passwd", "root")));
        Assert.That(() => new ImageLoader(store).Load(scratch["text"]), Throws.TypeOf<RefusedException>().With.Message.Contains("is it a tar archive?"));
        Assert.That(() => new ImageLoader(store).Load(scratch["root.tar"]), Throws.TypeOf<RefusedException>().With.Message.Contains("import"));
        Assert.That(() => new ImageLoader(store).Load(scratch["none"]), Throws.TypeOf<RefusedException>().With.Message.Contains("none"));
    }

    [TestCase("[null]", "{}", "has a list with null in it")]
    [TestCase("[{'Config':'c.json','RepoTags':[null],'Layers':[]}]", "{}", "has a list with null in it")]
    [TestCase("[{'Config':'c.json','Layers':[null]}]", "{}", "has a list with null in it")]
    [TestCase("[{'Config':'c.json','Layers':[]}]", "{'config':{'Env':[null]}}", "has a list with null in it")]
    [TestCase("[{'Config':null,'Layers':[]}]", "{}", "lacks the file")]
    [TestCase("[{'Config':'c.json','Layers':['l']}]", "{'rootfs':null}", "has 1 layers, but its configuration lists 0")]
    public void What_is_not_there_where_it_should_be_is_refused_with_a_sentence(string manifest, string configuration, string words)
    {
        using var scratch = new Scratch();
        Assert.That(() => Load(scratch, manifest, configuration), Throws.TypeOf<RefusedException>().With.Message.Contains(words));
    }

    [Test]
    public void An_image_without_layers_may_have_null_for_their_list()
    {
        using var scratch = new Scratch();
        Assert.That(Load(scratch, "[{'Config':'c.json','Layers':null}]", "{'rootfs':{'type':'layers','diff_ids':null}}").Single().Image.LayerIds, Is.Empty);
    }

    private static List<(StoredImage Image, ImageReference? Name)> Load(Scratch scratch, string manifest, string configuration)
    {
        File.WriteAllBytes(scratch["odd.tar"], Archives.Of(Archives.File("manifest.json", manifest.Replace('\'', '"')), Archives.File("c.json", configuration.Replace('\'', '"'))));
        return new ImageLoader(new ImageStore(StateDirectory.Open(scratch["state"]))).Load(scratch["odd.tar"]);
    }

    [Test]
    public void The_id_of_a_layer_is_that_of_the_stack_up_to_it()
    {
        var first = Digest.Of("first"u8);
        var second = Digest.Of("second"u8);
        Assert.That(LayerStore.ChainId(null, first), Is.EqualTo(first.Hex));
        Assert.That(LayerStore.ChainId(first.Hex, second), Is.EqualTo(Digest.Of(Encoding.ASCII.GetBytes($"{first} {second}")).Hex));
    }

    private static (ImageStore, StoredImage) Import(Scratch scratch, string name)
    {
        File.WriteAllBytes(scratch["root.tar"], Archives.Of(Archives.File("f", "text")));
        var store = new ImageStore(StateDirectory.Open(scratch["state"]));
        return (store, new RootFsImporter(store).Import(scratch["root.tar"], "root.tar", null, ["CMD [\"/f\"]"], ImageReference.Parse(name)) is var image ? store.Get(name) : image);
    }

    private static void Save(ImageStore store, StoredImage image, string path)
    {
        using var file = File.Create(path);
        using var saver = new ImageSaver(store, [(image, image.References)]);
        saver.Write(new TarWriter(file));
    }
}
