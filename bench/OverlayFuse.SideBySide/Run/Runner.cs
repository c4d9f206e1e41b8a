using System.Diagnostics;
using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

/// <summary>Runs the scenes: round by round, in each round every scene on all engines one after the other, so that what changes on the machine changes for all.</summary>
internal sealed class Runner(Settings settings, IReadOnlyList<Engine> engines, Ground ground, IReadOnlyList<Scene> scenes, CancellationToken interruption)
{
    private const string WarmUp = "-first"; // directories of a mount that only has the programs read

    private readonly string _side = Directory.CreateDirectory($"{ground.Home}/side").FullName;

    private Stack StackOf(Scene scene, string name = "") => new(scene.Layers, $"{_side}/upper{name}", $"{_side}/work{name}", $"{_side}/merged{name}");

    public Results Run()
    {
        var results = new Results(engines);
        foreach (var scene in scenes) Announce(scene, results);
        var turns = scenes.Sum(scene => ModesOf(scene).Sum(mode => EnginesOf(mode).Count()));
        var progress = new Progress(turns * settings.Rounds);
        progress.Say($"{scenes.Count} mounts on each of {engines.Count} engines, {settings.Rounds} rounds; layers are made when first needed.");
        for (var round = 0; round < settings.Rounds; round++)
        {
            foreach (var scene in scenes)
            {
                ground.Make(scene.Layers);
                foreach (var mode in ModesOf(scene))
                {
                    var turn = EnginesOf(mode).ToArray();
                    // Another one is first each time.
                    for (var n = 0; n < turn.Length; n++) Measure(scene, mode, turn[(n + round) % turn.Length], results, progress);
                }
            }
            progress.Say($"round {round + 1} of {settings.Rounds} is done.");
        }
        CountSyncs(results, progress);
        progress.Close();
        return results;
    }

    private static IEnumerable<SyncMode?> ModesOf(Scene scene) => scene.IsCopyUp ? [SyncMode.Ordered, SyncMode.Volatile] : [null];

    private IEnumerable<Engine> EnginesOf(SyncMode? mode) => engines.Where(engine => engine.CanSync || mode != SyncMode.Ordered);

    // So that the table has the order of the list, whatever fails.
    private void Announce(Scene scene, Results results)
    {
        foreach (var mode in ModesOf(scene))
        {
            foreach (var row in scene.Rows.Where(row => row.IsWanted)) results.Of(row, mode);
        }
    }

    private void Measure(Scene scene, SyncMode? mode, Engine engine, Results results, Progress progress)
    {
        progress.Begin($"{engine.Name}: {scene.Rows[0].Name}");
        StopIfWanted();
        var failed = scene.Rows[0];
        try
        {
            Prepare(scene, engine);
            using var mount = new LiveMount(engine, StackOf(scene), mode ?? SyncMode.Ordered, settings.Limit, interruption);
            if (scene.Warmth == Warmth.Cold) DropCaches();
            User.Act(engine.User, () =>
            {
                var place = new Place(Name.Open(StackOf(scene).Merged), StackOf(scene).Merged);
                try
                {
                    foreach (var row in scene.Rows)
                    {
                        failed = row;
                        row.Before?.Invoke(place);
                        double? figure = row.Moment switch
                        {
                            Moment.Mount => mount.MountTime.TotalSeconds,
                            Moment.Memory => engine.HasDaemon ? mount.ResidentMemory() : null,
                            Moment.Unmount => null, // yet to come
                            _ => Time(row, place) / row.Operations,
                        };
                        if (row.IsWanted && figure is { } one) results.Of(row, mode).Of(engine).Samples.Add(one);
                    }
                }
                finally
                {
                    place.Root.Close();
                }
            });
            if (mount.IsOver) throw new BenchmarkException($"not done within {settings.Limit.TotalSeconds} s");
            var start = Stopwatch.GetTimestamp();
            mount.Unmount();
            if (scene.Rows[^1] is { Moment: Moment.Unmount } last) results.Of(last, mode).Of(engine).Samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        catch (BenchmarkException e)
        {
            foreach (var row in scene.Rows.SkipWhile(row => row != failed).Where(row => row.IsWanted)) results.Of(row, mode).Of(engine).Failure = e.Message;
        }
        progress.End();
    }

    private void StopIfWanted()
    {
        if (interruption.IsCancellationRequested) throw new BenchmarkException("stopped by a signal; nothing is left mounted.");
    }

    private static double Time(Row row, Place place)
    {
        var start = Stopwatch.GetTimestamp();
        row.Work(place);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // What the one before has left to be written must not be written now, nor may ext4 remember which inodes that has freed: it does not use them
    // again for a minute, and looks at each of them with every file that is made. It forgets with the caches. What is to be warm is read again.
    private void Prepare(Scene scene, Engine engine)
    {
        var side = Name.Open(_side);
        foreach (var name in (string[])["", WarmUp])
        {
            foreach (var kind in (string[])["upper", "work", "merged"]) Renew(side, kind + name, engine.User);
        }
        if (scene.UpperSize > new DriveInfo(_side).AvailableFreeSpace) throw new BenchmarkException($"{_side} has no room for {Figure.Size(scene.UpperSize)}: --max-size leaves large files out.");
        Client.Expect(Syscall.SyncFs(side.Fd), "syncfs");
        side.Close();
        DropCaches();
        if (scene.Warmth != Warmth.Layers) return;
        foreach (var layer in scene.Layers) Client.ReadTree(DirFd.Cwd, Name.Bytes(layer));
        scene.WarmUp?.Invoke();
        using var mount = new LiveMount(engine, StackOf(scene, WarmUp), SyncMode.Volatile, settings.Limit, interruption);
        mount.Unmount();
    }

    private void Renew(DirFd side, string name, User? owner)
    {
        if (Directory.Exists($"{_side}/{name}")) Client.RemoveTree(side, Name.Bytes(name));
        Client.Expect(Syscall.MkdirAt(side, Name.Bytes(name), 0x1ED), name);
        if (owner is not null) Client.Expect(Syscall.ChownAt(side, Name.Bytes(name), owner.Uid, owner.Gid), name);
    }

    private static void DropCaches() => File.WriteAllText("/proc/sys/vm/drop_caches", "3");

    // In mounts of their own: what is traced is slow.
    private void CountSyncs(Results results, Progress progress)
    {
        if (!SyncCounter.IsThere)
        {
            progress.Say("strace is not installed: calls of fsync are not counted.");
            return;
        }
        foreach (var scene in scenes.Where(scene => scene.IsCopyUp && scene.Rows[0].Moment == Moment.Work))
        {
            foreach (var mode in ModesOf(scene))
            {
                foreach (var engine in EnginesOf(mode).Where(engine => engine.ShowsSyncs)) Count(scene, mode!.Value, engine, results, progress);
            }
        }
    }

    private void Count(Scene scene, SyncMode mode, Engine engine, Results results, Progress progress)
    {
        var row = scene.Rows[0];
        progress.Begin($"counting fsync, {engine.Name}: {row.Name}");
        StopIfWanted();
        try
        {
            Prepare(scene, engine);
            using var mount = new LiveMount(engine, StackOf(scene), mode, settings.Limit, interruption);
            using (var counter = new SyncCounter(mount.Daemon, $"{_side}/calls"))
            {
                User.Act(engine.User, () =>
                {
                    var place = new Place(Name.Open(StackOf(scene).Merged), StackOf(scene).Merged);
                    row.Work(place);
                    place.Root.Close();
                });
                results.Of(row, mode).Of(engine).Syncs = (double)counter.Stop() / row.Operations;
            }
            mount.Unmount();
        }
        catch (BenchmarkException e)
        {
            results.Of(row, mode).Of(engine).Failure ??= $"counting: {e.Message}";
        }
    }
}
