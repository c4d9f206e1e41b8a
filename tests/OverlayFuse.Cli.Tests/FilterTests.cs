using NUnit.Framework;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli.Tests;

/// <summary>--filter, as docker's lists have it.</summary>
public sealed class FilterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly StoredContainer[] Containers =
    [
        Container("web", 3, ContainerStatus.Running, "web-id", labels: ["tier=front", "own"], mounts: [Volume("pages", "/srv")]),
        Container("web-old", 2, ContainerStatus.Exited, "base-id", exitCode: 137, labels: ["tier=back"]),
        Container("db", 1, ContainerStatus.Exited, "db-id", mounts: [Volume("rows", "/data"), new() { Kind = MountKind.Bind, Source = "/host", Target = "/h" }]),
        Container("new", 0, ContainerStatus.Created, "base-id", network: "private"),
    ];

    [TestCase("", "web web-old db new")]
    [TestCase("name=web", "web web-old", Description = "found anywhere")]
    [TestCase("name=^web$", "web")]
    [TestCase("name=^/web$", "web", Description = "as inspect writes it")]
    [TestCase("name=db name=new", "db new", Description = "several of a key are alternatives")]
    [TestCase("name=[", "")]
    [TestCase("id=0000000db", "db")]
    [TestCase("status=exited", "web-old db")]
    [TestCase("status=running status=created", "web new")]
    [TestCase("status=paused", "")]
    [TestCase("name=web status=exited", "web-old", Description = "all keys have to fit")]
    [TestCase("label=tier", "web web-old")]
    [TestCase("label=tier=front", "web")]
    [TestCase("label=tier label=own", "web", Description = "all labels have to fit, unlike other keys")]
    [TestCase("label=own=x", "")]
    [TestCase("exited=137", "web-old")]
    [TestCase("exited=0", "db", Description = "what was never started has no code")]
    [TestCase("exited=0 exited=137", "web-old db")]
    [TestCase("ancestor=base", "web web-old new", Description = "and what stands on it")]
    [TestCase("ancestor=web", "web")]
    [TestCase("ancestor=nosuch", "")]
    [TestCase("volume=pages", "web")]
    [TestCase("volume=/data", "db")]
    [TestCase("volume=/host", "db")]
    [TestCase("before=web-old", "db new")]
    [TestCase("since=db", "web web-old")]
    [TestCase("network=host", "")]
    [TestCase("network=none", "web web-old db")]
    [TestCase("network=bridge", "new", Description = "docker's word for it, whatever it was asked for as")]
    [TestCase("network=private", "new")]
    [TestCase("NAME=db", "db")]
    public void Containers_that_fit_are_listed(string filters, string expected)
    {
        var filter = Filter(filters);
        Assert.That(string.Join(' ', Containers.Where(filter.Fits).Select(container => container.Record.Name)), Is.EqualTo(expected));
    }

    [TestCase("nosuch=x", "invalid filter 'nosuch'", 1)]
    [TestCase("status=running status=dozing", "invalid filter 'status=dozing'", 1)]
    [TestCase("exited=x", "invalid filter 'exited=x'", 1)]
    [TestCase("before=nosuch", "No such container: nosuch", 1)]
    [TestCase("web", "invalid argument \"web\" for \"--filter\" flag: bad format of filter (expected name=value)", 125)]
    public void What_is_no_filter_of_containers_is_refused_in_dockers_words(string filters, string words, int code) =>
        Assert.That(() => Filter(filters), Throws.TypeOf<RefusedException>().With.Message.EqualTo(words).And.Property("ExitCode").EqualTo(code));

    [TestCase("status=exited", true)]
    [TestCase("name=web exited=0", false)]
    public void Who_asks_for_a_status_means_those_that_do_not_run_too(string filters, bool all) => Assert.That(Filter(filters).IsOfAll, Is.EqualTo(all));

    [TestCase("", "web:1 web:2 reg.example.org/t/web:1 db:1 <none>")]
    [TestCase("dangling=true", "<none>")]
    [TestCase("dangling=1", "<none>")]
    [TestCase("dangling=false", "web:1 web:2 reg.example.org/t/web:1 db:1")]
    [TestCase("reference=web", "web:1 web:2")]
    [TestCase("reference=web:1", "web:1")]
    [TestCase("reference=*:1", "web:1 db:1", Description = "no star goes over a slash")]
    [TestCase("reference=?b reference=*/*/web", "reg.example.org/t/web:1 db:1")]
    [TestCase("reference=we", "")]
    [TestCase("label=kind=base", "db:1")]
    [TestCase("before=web:1", "<none>")]
    [TestCase("since=web:1", "db:1")]
    [TestCase("since=web:1 dangling=true", "")]
    public void Images_that_fit_are_listed(string filters, string expected)
    {
        StoredImage[] images = [Image("a", 12, [], "web:1", "web:2", "reg.example.org/t/web:1"), Image("b", 13, ["kind=base"], "db:1"), Image("c", 11, [])];
        var filter = new ImageFilter(Words(filters), _ => Noon);
        var shown = from image in images
                    from reference in image.References.Count == 0 ? [null] : image.References.Cast<ImageReference?>()
                    where filter.Fits(image, reference)
                    select reference?.ToString() ?? "<none>";
        Assert.That(string.Join(' ', shown), Is.EqualTo(expected));
    }

    [TestCase("", "data pages x1")]
    [TestCase("name=a", "data pages")]
    [TestCase("driver=far", "x1")]
    [TestCase("driver=far driver=local name=^x", "x1")]
    [TestCase("label=a label=c=d", "data")]
    [TestCase("dangling=true", "pages x1")]
    [TestCase("dangling=false", "data")]
    public void Volumes_that_fit_are_listed(string filters, string expected)
    {
        VolumeRecord[] volumes =
        [
            new() { Name = "data", Created = Noon, Labels = new() { ["a"] = "b", ["c"] = "d" } },
            new() { Name = "pages", Created = Noon, Labels = new() { ["a"] = "b" } },
            new() { Name = "x1", Created = Noon, Driver = "far" },
        ];
        var filter = new VolumeFilter(Words(filters));
        Assert.That(string.Join(' ', volumes.Where(volume => filter.Fits(volume, name => name == "data")).Select(volume => volume.Name)), Is.EqualTo(expected));
    }

    [Test]
    public void What_is_neither_true_nor_false_is_refused()
    {
        Assert.That(() => new VolumeFilter(["dangling=maybe"]), Throws.TypeOf<RefusedException>().With.Message.EqualTo("invalid filter 'dangling=[maybe]'"));
        Assert.That(() => new ImageFilter(["status=x"], _ => null), Throws.TypeOf<RefusedException>().With.Message.EqualTo("invalid filter 'status'"));
    }

    [TestCase("", "old new plain")]
    [TestCase("label=keep", "old new")]
    [TestCase("label=keep=no", "old")]
    [TestCase("label!=keep", "plain")]
    [TestCase("label!=keep=no", "new plain")]
    [TestCase("until=24h", "old")]
    [TestCase("until=1h30m", "old")]
    [TestCase("until=30m", "old new")]
    [TestCase("until=1800000ms", "old new")]
    [TestCase("until=2026-11-22T10:00:00Z", "old")]
    [TestCase("until=1795347000", "old new")]
    [TestCase("until=24h label=keep=yes", "")]
    public void A_prune_takes_what_fits(string filters, string expected)
    {
        (string Name, DateTimeOffset Created, string[] Labels)[] things = [("old", Noon.AddDays(-2), ["keep=no"]), ("new", Noon.AddHours(-1), ["keep=yes"]), ("plain", Noon, [])];
        var filter = new PruneFilter(Words(filters), PruneFilter.Keys, Noon);
        Assert.That(string.Join(' ', things.Where(thing => filter.Fits(Labels(thing.Labels), thing.Created)).Select(thing => thing.Name)), Is.EqualTo(expected));
        Assert.That(filter.IsEmpty, Is.EqualTo(filters.Length == 0));
    }

    [TestCase("until=soon", "invalid filter 'until=soon'")]
    [TestCase("until=7d", "invalid filter 'until=7d'")]
    [TestCase("until=99999999999999h", "invalid filter 'until=99999999999999h'")]
    [TestCase("until=1h until=2h", "more than one until filter specified")]
    [TestCase("name=x", "invalid filter 'name'")]
    public void What_no_prune_knows_is_refused(string filters, string words) =>
        Assert.That(() => new PruneFilter(Words(filters), PruneFilter.Keys, Noon), Throws.TypeOf<RefusedException>().With.Message.EqualTo(words));

    [Test]
    public void An_image_stands_on_those_it_was_made_from()
    {
        var (parent, child, sister) = (Image("a", 1, []), Image("b", 2, []), Image("c", 3, []));
        parent.Config.History = [new() { Created = "1", CreatedBy = "base" }];
        child.Config.History = [new() { Created = "1", CreatedBy = "base" }, new() { Created = "2", CreatedBy = "CMD" }];
        sister.Config.History = [new() { Created = "3", CreatedBy = "base" }];
        Assert.That((child.StandsOn(parent), parent.StandsOn(child), sister.StandsOn(parent), parent.StandsOn(parent)), Is.EqualTo((true, false, false, true)), "layers are the same in all of them");
    }

    [TestCase("y", true)]
    [TestCase(" Y ", true)]
    [TestCase("yes", true)]
    [TestCase("", false)]
    [TestCase("n", false)]
    [TestCase("yet", false)]
    [TestCase(null, false)]
    public void Only_yes_is_yes(string? answer, bool isYes) => Assert.That(Confirmation.IsYes(answer), Is.EqualTo(isYes));

    [TestCase(false, false, ":\n  - all stopped containers\n  - all dangling images\n  - all dangling build cache\n")]
    [TestCase(true, true, ":\n  - all stopped containers\n  - all volumes not used by at least one container\n  - all images without at least one container associated to them\n  - all build cache\n")]
    public void A_prune_of_everything_says_what_goes(bool all, bool volumes, string expected) => Assert.That(SystemVerbs.Warning(all, volumes), Is.EqualTo(expected));

    private static ContainerFilter Filter(string filters) => new(
        Words(filters),
        name => Array.Find(Containers, container => container.Record.Name == name)?.Record.Created ?? throw new RefusedException($"No such container: {name}"),
        image => image switch { "base" => ["base-id", "web-id"], "web" => ["web-id"], _ => [] });

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static StoredContainer Container(string name, int minute, ContainerStatus status, string image, int exitCode = 0, string[]? labels = null, List<MountPoint>? mounts = null, string network = "none")
    {
        var record = new ContainerRecord
        {
            Id = name.PadLeft(64, '0'),
            Name = name,
            Created = Noon.AddMinutes(minute),
            Image = image,
            ImageId = image,
            Layers = [],
            LayerId = "layer",
            Config = new ContainerConfig { Labels = Labels(labels ?? []) },
            Command = ["sh"],
            Hostname = name,
            Network = network,
            Mounts = mounts ?? [],
        };
        return new StoredContainer(record, new ContainerState { Status = status, ExitCode = exitCode }, "/c", IsServed: status == ContainerStatus.Running);
    }

    private static MountPoint Volume(string name, string target) => new() { Kind = MountKind.Volume, Volume = name, Target = target };

    private static StoredImage Image(string id, int hour, string[] labels, params string[] names) => new(
        new ImageRecord { Id = id, Layers = [new() { Id = "l", DiffId = "d", Blob = "b", BlobSize = 1, Size = 1 }], Stored = Noon },
        new ImageConfig { Created = GoTime.Text(Noon.AddHours(hour - 12)), Config = new ContainerConfig { Labels = Labels(labels) } },
        [.. names.Select(ImageReference.Parse)]);

    private static SortedDictionary<string, string> Labels(string[] labels) => new(labels.Select(label => label.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts is [_, var value] ? value : ""));
}
