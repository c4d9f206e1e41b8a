using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

// The same work by the number of layers, of threads, and by the size of the file.
internal sealed partial class SceneList
{
    public const string LayersChart = "layers";
    public const string ThreadsChart = "threads";
    public const string CopyUpChart = "copy-up";

    private IEnumerable<Scene> Depths()
    {
        foreach (var depth in scale.Depths)
        {
            var layers = depth == 1 ? "1 layer" : $"{depth} layers";
            var missing = $"{Count(scale.MissingNames)} missing names";
            void Miss(Place p) => Client.StatMany(p.Root, "d"u8, 'm', scale.MissingNames, Errno.NOENT);
            void Hit(Place p) => Client.StatMany(p.Root, "d"u8, 'h', Ground.Hits, Errno.None);
            yield return new Scene(ground.Depth(depth), Warmth.Layers,
            [
                new Row($"{missing}, {layers}, first", Miss)
                {
                    Operations = scale.MissingNames,
                    Target = depth switch { 1 => 1.5, 20 => 0.3, 100 => 0.06, _ => null },
                    Point = new(LayersChart, "a missing name, first time", depth),
                },
                new Row($"{missing}, {layers}, again", Miss)
                {
                    Operations = scale.MissingNames,
                    Target = depth is 1 or 20 or 100 ? 1.0 : null,
                    Point = new(LayersChart, "a missing name, again", depth),
                },
                new Row($"{Count(Ground.Hits)} names of the lowest of {layers}, first", Hit)
                {
                    Operations = Ground.Hits,
                    Point = new(LayersChart, "a name of the lowest layer, first time", depth),
                },
            ]);
        }
    }

    private IEnumerable<Scene> Threads() => scale.Threads.Select(threads => new Scene([Ground.Flat], Warmth.Layers,
    [
        new Row($"{threads} {(threads == 1 ? "thread" : "threads")} mixing stat, read, create", p => Client.Mix(p.Root, "d"u8, threads, scale.Steps, Ground.FlatFiles))
        {
            Operations = scale.Steps,
            Target = threads == 4 ? 1.2 : null,
            Point = new(ThreadsChart, "a step: 4 lstat, 1 read, 1 create", threads),
        },
    ]));

    private IEnumerable<Scene> CopyUps()
    {
        foreach (var size in ground.Sizes)
        {
            yield return CopyUp(size, "append 1 byte", (p, name) => Client.Append(p.Root, name), AppendTarget(size));
            yield return CopyUp(size, "first write of 4 KiB", (p, name) => Client.WriteAt(p.Root, name, 0, Client.BlockSize));
            yield return CopyUp(size, "64 random writes of 4 KiB", (p, name) => Client.WriteRandomly(p.Root, name, size, 64));
            yield return CopyUp(size, "chmod", (p, name) => Client.Expect(Syscall.ChmodAt(p.Root, name, 0x180), "chmod"), size == 1L << 30 ? 0.002 : null);
            yield return CopyUp(size, "truncate to nothing", (p, name) => Client.Truncate(p.Root, name));
            yield return CopyUp(size, "full rewrite", (p, name) => Client.Rewrite(p.Root, name, size));
        }
        // What was saved at the write and has to be done all the same, unless the layers are declared immutable.
        yield return new Scene([Ground.SizeLayer(scale.Large)], Warmth.Layers,
        [
            Row.Of(Moment.Unmount, $"unmount after 1 byte was appended to {Figure.Size(scale.Large)}") with { Before = p => Client.Append(p.Root, "f0"u8) },
        ])
        { IsCopyUp = true, UpperSize = scale.Large };
    }

    private delegate void FileAction(Place place, ReadOnlySpan<byte> name);

    private static Target? AppendTarget(long size) => size switch { 1L << 30 => 0.005, 64L << 20 => 0.02, 1L << 20 => 0.5, 4L << 10 => 1.0, _ => null };

    private static Scene CopyUp(long size, string what, FileAction action, Target? target = null)
    {
        var files = Scale.FilesOf(size);
        void Change(Place p)
        {
            var name = new Name(stackalloc byte[Name.Size]);
            for (var n = 0; n < files; n++) action(p, name.Of('f', n));
        }
        var row = new Row($"{what}, {Figure.Size(size)}", Change) { Operations = files, Target = target, Point = new(CopyUpChart, what, size) };
        return new Scene([Ground.SizeLayer(size)], Warmth.Layers, [row]) { IsCopyUp = true, UpperSize = 2 * size * files };
    }
}
