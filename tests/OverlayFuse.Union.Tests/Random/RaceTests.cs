using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Several threads, or processes, at once on one mount: no file is lost, no name comes twice in a listing, no whiteout hides what was made, nothing hangs,
/// lower layers stay what they were, and the next mount shows the same tree. Seeds as in <see cref="RandomCaseTests"/>; what a seed
/// decides is what each of them does, not who comes first.
/// </summary>
internal class RaceTests
{
    private const int Threads = 4;
    private const int Processes = 3;
    private const int Actions = 400;
    private const int CasesPerSeed = 2;

    [TestCaseSource(nameof(Races))]
    public void Race(string mode, int seed)
    {
        NeedsMounts();
        Seeds.Try(seed, CasesPerSeed, Arb.From(Gen.ArrayOf(Gen.ArrayOf(Action, Actions), Threads)), scripts => Run($"data={mode}", scripts, InThreads));
    }

    [TestCaseSource(nameof(RacesOfProcesses))]
    public void Race_of_processes(string mode, bool ordinaryUser, int seed)
    {
        NeedsMounts();
        if (ordinaryUser) OrdinaryUser.Run(Try);
        else Try();

        void Try() => Seeds.Try(seed, CasesPerSeed, Arb.From(Gen.ArrayOf(Gen.ArrayOf(Action, Actions), Processes)), scripts => Run($"data={mode}", scripts, InProcesses));
    }

    private static void NeedsMounts()
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse")) Assert.Ignore("needs root and /dev/fuse");
    }

    private static bool Run(string options, string[][] scripts, Func<string[][], UnionMount, List<Outcome>> race)
    {
        using var union = new UnionMount(options, lowers: 3, above: TestUnion.Above);
        IUnion layers = union;
        foreach (var letter in Enumerable.Range(0, scripts.Length).Select(Racer.LetterOf))
            foreach (var (path, text) in Racer.Lower(letter)) layers.Make($"lower{1 + path.Length % 3}", text.Length > 0 ? $"{path} = \"{text}\"" : $"{path}/");
        layers.Make("lower1", "a = \"a\"  d/a = \"da\"  d/s/c = \"c\"  x/a = \"xa\"");
        layers.Make("lower2", "b = \"b\"  x/b = \"xb\"  y/c = \"yc\"  e/a whiteout");
        layers.Make("lower3", "e/a = \"hidden\"  y/x/a = \"yxa\"  d/b = \"db\"  d/c is d/b");
        var lowers = layers.Lowers();
        layers.Mount();
        union.LimitTime();

        var outcomes = race(scripts, union);
        Assert.That(outcomes.Select(o => o.Failure).OfType<string>(), Is.Empty);
        Assert.That(outcomes.SelectMany(o => o.Left), Is.Not.Empty, "nothing was left to compare");

        var before = Inventory.Of(layers.Actor, new Dictionary<string, bool>(), isKernel: false);
        var items = LayerText.Describe(layers.Actor);
        for (var number = 0; number < outcomes.Count; number++)
            Assert.That(items.Where(item => Racer.Owns(number, item)), Is.EqualTo(outcomes[number].Left.Order(StringComparer.Ordinal)), "names of one alone");
        layers.Unmount();
        Assert.That(layers.Leftovers(), Is.Empty, "left in the work directory");
        layers.Mount();
        Assert.That(Inventory.Of(layers.Actor, new Dictionary<string, bool>(), isKernel: false), Is.EqualTo(before), "after the next mount");
        Assert.That(layers.Lowers(), Is.EqualTo(lowers), "the lower layers");
        return true;
    }

    private static List<Outcome> InThreads(string[][] scripts, UnionMount union)
    {
        var racers = scripts.Select((actions, number) => new Racer(number, actions, union.Root)).ToList();
        try
        {
            var threads = racers.Select(r => new Thread(r.Run)).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            return [.. racers.Select(r => new Outcome(r.Failure, [.. r.Left]))];
        }
        finally
        {
            racers.ForEach(r => r.Dispose());
        }
    }

    private static List<Outcome> InProcesses(string[][] scripts, UnionMount union)
    {
        var racers = new List<RacerProcess>();
        try
        {
            foreach (var actions in scripts) racers.Add(new RacerProcess(racers.Count, actions, union.Merged));
            racers.ForEach(r => r.AwaitReady());
            racers.ForEach(r => r.Begin());
            racers.ForEach(r => r.End());
            return [.. racers.Select(r => new Outcome(r.Failure, r.Left))];
        }
        finally
        {
            racers.ForEach(r => r.Dispose());
        }
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

    private static IEnumerable<TestCaseData> RacesOfProcesses() =>
        from ordinaryUser in (bool[])[false, true]
        from mode in (string[])["cached", ordinaryUser ? "cached,writeback=off" : "passthrough"] // which only root may ask for
        from seed in Seeds.Taken(quick: 1)
        select new TestCaseData(mode, ordinaryUser, seed).SetName($"Processes_that_change_a_mount_at_once_lose_nothing ({mode}, {(ordinaryUser ? "ordinary user" : "root")}, seed {seed})");

    /// <summary>What went otherwise than it may, and what there must be of one racer's own at the end.</summary>
    private sealed record Outcome(string? Failure, string[] Left);
}
