using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Several threads at once on one mount: no file is lost, no name comes twice in a listing, no whiteout hides what was made, nothing hangs,
/// lower layers stay what they were, and the next mount shows the same tree. Seeds as in <see cref="RandomCaseTests"/>; what a seed
/// decides is what each thread does, not who comes first.
/// </summary>
internal class RaceTests
{
    private const int Threads = 4;
    private const int Actions = 400;
    private const int CasesPerSeed = 2;

    [TestCaseSource(nameof(Races))]
    public void Race(string mode, int seed)
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse")) Assert.Ignore("needs root and /dev/fuse");
        Seeds.Try(seed, CasesPerSeed, Arb.From(Gen.ArrayOf(Gen.ArrayOf(Action, Actions), Threads)), scripts => Run($"data={mode}", scripts));
    }

    private static bool Run(string options, string[][] scripts)
    {
        using var union = new UnionMount(options, lowers: 3, above: TestUnion.Above);
        IUnion layers = union;
        foreach (var letter in Enumerable.Range(0, Threads).Select(n => (char)('P' + n)))
            foreach (var (path, text) in Racer.Lower(letter)) layers.Make($"lower{1 + path.Length % 3}", text.Length > 0 ? $"{path} = \"{text}\"" : $"{path}/");
        layers.Make("lower1", "a = \"a\"  d/a = \"da\"  d/s/c = \"c\"  x/a = \"xa\"");
        layers.Make("lower2", "b = \"b\"  x/b = \"xb\"  y/c = \"yc\"  e/a whiteout");
        layers.Make("lower3", "e/a = \"hidden\"  y/x/a = \"yxa\"  d/b = \"db\"  d/c is d/b");
        var lowers = layers.Lowers();
        layers.Mount();
        union.LimitTime();

        var racers = scripts.Select((actions, number) => new Racer(number, actions, union.Root)).ToList();
        try
        {
            var threads = racers.Select(r => new Thread(r.Run)).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
        }
        finally
        {
            racers.ForEach(r => r.Dispose());
        }
        Assert.That(racers.Select(r => r.Failure).OfType<string>(), Is.Empty);

        var before = Inventory.Of(layers.Actor, new Dictionary<string, bool>(), isKernel: false);
        var items = LayerText.Describe(layers.Actor);
        foreach (var racer in racers) Assert.That(items.Where(racer.Owns), Is.EqualTo(racer.Left.Order(StringComparer.Ordinal)), "names of one thread");
        layers.Unmount();
        Assert.That(layers.Leftovers(), Is.Empty, "left in the work directory");
        layers.Mount();
        Assert.That(Inventory.Of(layers.Actor, new Dictionary<string, bool>(), isKernel: false), Is.EqualTo(before), "after the next mount");
        Assert.That(layers.Lowers(), Is.EqualTo(lowers), "the lower layers");
        return true;
    }

    private static Gen<string> Action { get; } = Gen.Frequency(
        (3, Of(from folder in Gen.Elements("", "d/", "d/s/", "e/", "@d/", "d/@d/", "e/@d/") from name in Gen.Elements("@a", "@b", "@d") select folder + name)),
        (2, Of(from folder in Gen.Elements("", "d/", "d/s/", "e/", "x/", "y/") from name in Gen.Elements("a", "b", "c", "x", "y") select folder + name)),
        (1, from folder in Gen.Elements("/", "d", "d/s", "e", "@d", "e/@d", "x", "y") select $"list {folder}"));

    private static Gen<string> Of(Gen<string> path) => Gen.Frequency(
        (4, from p in path from text in Gen.Elements("one", "number two", "3") select $"create {p} = \"{text}\""),
        (2, from p in path select $"mkdir {p}"),
        (2, from p in path from text in Gen.Elements("W", "written") select $"write {p} \"{text}\""),
        (1, from p in path from size in Gen.Choose(0, 4) select $"truncate {p} {size}"),
        (2, from p in path select $"chmod {p} 755"),
        (4, from p in path select $"rm {p}"),
        (2, from p in path select $"rmdir {p}"),
        (5, from p in path from other in path select $"mv {p} {other}"),
        (1, from p in path from other in path select $"mv-noreplace {p} {other}"),
        (2, from p in path from other in path select $"swap {p} {other}"),
        (2, from p in path from other in path select $"link {p} {other}"));

    private static IEnumerable<TestCaseData> Races() =>
        from mode in (string[])["cached", "passthrough"]
        from seed in Seeds.Taken(quick: 2)
        select new TestCaseData(mode, seed).SetName($"Threads_that_change_a_mount_at_once_lose_nothing ({mode}, seed {seed})");
}
