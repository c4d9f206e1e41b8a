namespace OverlayFuse.SideBySide;

/// <summary>All that is measured. Partials by kind; each row is a line that says what is done.</summary>
internal sealed partial class SceneList(Scale scale, Ground ground)
{
    public IEnumerable<Scene> All() => [.. Walking(), .. Reading(), .. Writing(), .. Changing(), .. Working(), .. Depths(), .. Threads(), .. CopyUps()];

    private static string Count(int number) => number.ToString("### ### ##0", System.Globalization.CultureInfo.InvariantCulture).Trim();

    private IEnumerable<Scene> Walking()
    {
        yield return new Scene([Ground.Tree], Warmth.Cold,
        [
            new Row($"walk + lstat of {Count(scale.TreeFiles)} files, cold", p => Client.WalkAndStat(p.Root, ground.TreeEntries)) { Target = 1.3 },
            new Row($"walk + lstat of {Count(scale.TreeFiles)} files, warm", p => Client.WalkAndStat(p.Root, ground.TreeEntries)) { Target = 1.0 },
            Row.Of(Moment.Memory, "resident memory after the walk", 12 << 20),
        ]);
        foreach (var (stat, what, cold, warm) in ((bool, string, double, double)[])[(false, "list", 2, 0.25), (true, "list + lstat", 1.2, 0.5)])
        {
            yield return new Scene(ground.Spread, Warmth.Cold,
            [
                new Row($"{what} of {Count(scale.Entries)} entries over 10 layers, cold", p => Client.List(p.Root, "s"u8, stat, scale.Entries)) { Target = cold },
                new Row($"{what} of {Count(scale.Entries)} entries over 10 layers, warm", p => Client.List(p.Root, "s"u8, stat, scale.Entries)) { Target = warm },
            ]);
        }
    }

    private IEnumerable<Scene> Reading()
    {
        void Read(Place p)
        {
            Client.ReadTree(p.Root, "a"u8, scale.PartFiles);
            Client.ReadTree(p.Root, "b"u8, scale.PartFiles);
        }
        var files = $"open + read + close of {Count(scale.ReadFiles)} small files";
        yield return new Scene([Ground.Tree], Warmth.Cold, [new Row($"{files}, cold", Read) { Target = new(1.5, 2) }]);
        yield return new Scene([Ground.Tree], Warmth.Layers, [new Row($"{files}, first", Read) { Target = new(2.5, 4) }, new Row($"{files}, again", Read) { Target = new(1.1, 4) }]);

        var buffer = new byte[1 << 20];
        void ReadLarge(Place p) => Client.Demand(Client.ReadWhole(p.Root, "f0"u8, buffer), scale.Large, "bytes were read");
        var large = $"read of {Figure.Size(scale.Large)}";
        yield return new Scene([Ground.SizeLayer(scale.Large)], Warmth.Cold, [new Row($"{large}, cold disk", ReadLarge) { Target = 1.0 }]);
        yield return new Scene([Ground.SizeLayer(scale.Large)], Warmth.Layers,
            [new Row($"{large}, cached in the layer", ReadLarge) { Target = 1.3 }, new Row($"{large}, again", ReadLarge) { Target = 1.0 }]);
    }

    private IEnumerable<Scene> Writing()
    {
        foreach (var sync in (bool[])[true, false])
        {
            yield return new Scene([Ground.Empty], Warmth.Layers,
                [new Row($"write {Figure.Size(scale.Large)}, {(sync ? "with" : "without")} fsync", p => Client.Write(p.Root, "w"u8, scale.Large, 1 << 20, sync)) { Target = sync ? new(1.2, 1.05) : new(2.0, 1.1) }])
            { UpperSize = scale.Large };
        }
        yield return new Scene([Ground.Empty], Warmth.Layers,
        [
            new Row($"write {Figure.Size(scale.SmallWrites)} in pieces of 4 KiB", p => Client.Write(p.Root, "w"u8, scale.SmallWrites, Client.BlockSize, sync: false)) { Target = 1.1 },
            new Row($"{Count(scale.RandomWrites)} random writes of 4 KiB", p => Client.WriteRandomly(p.Root, "w"u8, scale.SmallWrites, scale.RandomWrites)) { Target = 1.1 },
        ]);
        yield return new Scene([Ground.Empty], Warmth.Layers,
        [
            new Row($"create {Count(scale.Created)} small files", p => Client.CreateMany(p.Root, "d"u8, scale.Created)) { Target = 0.7 },
            new Row($"unlink {Count(scale.Created)} files just made", p => Client.UnlinkMany(p.Root, "d"u8, scale.Created)) { Target = 2.5 },
        ]);
    }

    // One mount each: what was copied up by one must not help the next.
    private IEnumerable<Scene> Changing()
    {
        var part = Count(scale.PartFiles);
        Row[] rows =
        [
            new($"chmod -R of {part} lower files", p => Client.ChmodTree(p.Root, "a"u8, 0x1C0, 0x180)) { Target = 0.3 },
            new($"append to each of {part} small lower files", p => Client.AppendToTree(p.Root, "b"u8, scale.PartFiles)) { Target = 1.0, UnsyncedTarget = new(0.6, 0.6, CommandEngine.Rival) },
            new($"rename of a lower directory of {part} files", p => Client.Move(p, "c", "moved")) { Target = 0.005 },
            new($"rm -rf of a lower tree of {part} files", p => Client.RemoveTree(p.Root, "d"u8)) { Target = 3 },
        ];
        return rows.Select(row => new Scene([Ground.Tree], Warmth.Layers, [row]) { IsCopyUp = true });
    }

    private IEnumerable<Scene> Working()
    {
        yield return new Scene([Ground.Empty], Warmth.Layers,
            [new Row($"untar {Count(scale.PartFiles)} files", p => Programs.Run("tar", "-C", p.Path, "-xf", ground.Archive)) { Target = 1.2 }])
        { WarmUp = () => Programs.Run("tar", "-tf", ground.Archive) };
        yield return new Scene([Ground.Repository], Warmth.Cold, [Status("cold", 2), Status("warm", 1.0)]);
        yield return new Scene([Ground.Repository], Warmth.Layers,
            [new Row("git checkout", p => Programs.Run("git", "-c", "safe.directory=*", "-C", p.Path, "checkout", "-q", "second")) { Target = 1.3 }])
        { WarmUp = () => Programs.Run("git", "-c", "safe.directory=*", "-C", Ground.Repository, "status") };
        yield return new Scene([Ground.Sources], Warmth.Layers,
            [new Row($"compile {scale.Sources} C files with -j2", p => Programs.Run("make", "-s", "-j2", "-C", p.Path)) { Target = 1.0 }])
        { WarmUp = () => Programs.Run("make", "-s", "-C", Ground.Sources, "CC=cc", "s0.o", "-W", "s0.c", "-B", "--eval=%.o: %.c ; cc -O1 -c -o /dev/null $<") };
        foreach (var layers in (int[])[1, 50])
            yield return new Scene(ground.Depth(layers), Warmth.Layers, [Row.Of(Moment.Mount, $"mount, {(layers == 1 ? "1 layer" : $"{layers} layers")}", layers == 1 ? 4 : 3)]);
    }

    private static Row Status(string warmth, double target) =>
        new($"git status, {warmth}", p => Programs.Run("git", "-c", "safe.directory=*", "-C", p.Path, "status", "--porcelain")) { Target = target };
}
