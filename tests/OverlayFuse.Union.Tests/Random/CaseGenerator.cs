using FsCheck;
using FsCheck.Fluent;

namespace OverlayFuse.Union.Tests;

/// <summary>Random cases, in the language of the cases.</summary>
/// <param name="isRoot">With what only root may do: owners, devices, trusted attributes, modes that shut others out.</param>
/// <param name="isOverlay">What is compared is an overlay on both sides: it refuses whiteouts, which a plain directory takes.</param>
/// <param name="isOci">Layers hold .wh. files only: an upper that is written so keeps no marks, and a copy of one of several names is a file of its own there.</param>
internal sealed class CaseGenerator(bool isRoot, bool isOverlay, bool isOci = false)
{
    private const int ItemsPerLayer = 9;
    private static readonly string[] Names = ["a", "b", "c", "d"];
    private static readonly string[] Handles = ["@p", "@q", "@r"];
    private static readonly string[] Contents = ["\"\"", "\"text\"", "\"lower layer\"", "\"x\"*5000", "\"long\"*3000"];

    public Arbitrary<RandomCase> Cases(int actions) => Arb.From(
        from lowers in Gen.Choose(1, 4)
        from layers in Gen.ArrayOf(Gen.ArrayOf(Item(), ItemsPerLayer), lowers + 1)
        from steps in Gen.ArrayOf(Action(), actions)
        select new RandomCase(LayerStack.Of(layers), steps),
        RandomCase.Shrink);

    private static Gen<string> Paths { get; } =
        from depth in Gen.Frequency((3, Gen.Constant(1)), (4, Gen.Constant(2)), (2, Gen.Constant(3)))
        from names in Gen.ArrayOf(Gen.Elements(Names), depth)
        select string.Join('/', names);

    // Mostly what is there when it comes to that, as RandomCase.Resolve finds it: anything, a directory, something else.
    private static Gen<string> Any { get; } = Gen.Frequency((4, Existing("")), (1, Paths));

    private static Gen<string> Folder { get; } = Gen.Frequency((8, Existing("d")), (1, Any));

    private static Gen<string> File { get; } = Gen.Frequency((8, Existing("f")), (1, Any));

    private static Gen<string> Free { get; } = Gen.Frequency((6, from folder in Existing("d") from name in Gen.Elements(Names) select $"{folder}/{name}"), (1, Any));

    private static Gen<string> Existing(string kind) => from number in Gen.Choose(0, 99) select $"%{kind}{number}";

    private Gen<LayerItem> Item() =>
        from path in Paths
        from kind in Gen.Elements(Kinds)
        from target in Paths
        from content in Gen.Elements(Contents)
        from attributes in Attributes(kind)
        select new LayerItem(path, kind, kind == LayerKind.File ? content : "", attributes, kind is LayerKind.Symlink or LayerKind.HardLink or LayerKind.Moved ? target : "");

    private static readonly LayerKind[] OciKinds =
    [
        LayerKind.File, LayerKind.File, LayerKind.File, LayerKind.Symlink, LayerKind.Fifo, LayerKind.Socket, LayerKind.Directory, LayerKind.Directory, LayerKind.OciOpaque, LayerKind.OciWhiteout, LayerKind.OciWhiteout,
    ];

    private LayerKind[] Kinds => isOci ? OciKinds :
    [
        LayerKind.File, LayerKind.File, LayerKind.File, LayerKind.Symlink, LayerKind.Fifo, LayerKind.Socket, LayerKind.Directory, LayerKind.Directory,
        LayerKind.Opaque, LayerKind.HardLink, LayerKind.Whiteout, LayerKind.Whiteout, LayerKind.MarkedWhiteout, LayerKind.Metacopy, LayerKind.Moved, LayerKind.Moved,
        .. isOverlay ? [LayerKind.Device] : (LayerKind[])[LayerKind.OciWhiteout, LayerKind.OciOpaque, LayerKind.FuseOpaque],
    ];

    private Gen<string> Attributes(LayerKind kind)
    {
        if (kind is LayerKind.HardLink or LayerKind.Whiteout or LayerKind.MarkedWhiteout or LayerKind.OciWhiteout) return Gen.Constant("");
        var isSpecial = kind is LayerKind.Symlink or LayerKind.Fifo or LayerKind.Socket or LayerKind.Device;
        return from time in Gen.Elements("time=1000", "time=2000")
               from mode in Gen.Elements(kind == LayerKind.Symlink ? [""] : Modes(!isSpecial && kind is not (LayerKind.File or LayerKind.Metacopy)).Select(m => $"mode={m}").Append("").ToArray())
               from owner in Gen.Elements(isRoot ? [LayerItem.OwnOwner, LayerItem.OwnOwner, "owner=1:2"] : (string[])[LayerItem.OwnOwner])
               from user in Gen.Elements(isSpecial ? [""] : (string[])["", "", "user.a=\"1\""])
               from trusted in Gen.Elements(isRoot ? ["", "", "trusted.a=\"2\""] : (string[])[""])
               select string.Join(' ', ((string[])[mode, owner, user, trusted, time]).Where(w => w.Length > 0));
    }

    private string[] Modes(bool isDirectory) => isRoot ? ["600", "755", "700", "444", "1755", "2755", "4711"] : isDirectory ? ["755", "700"] : ["600", "755", "644"];

    private Gen<string> Action()
    {
        var handle = Gen.Elements(Handles);
        var file = Gen.Frequency((1, File), (1, handle));
        var target = Gen.Frequency((2, Any), (1, handle));
        var text = Gen.Elements("\"W\"", "\"written\"", "\"0123456789\"*500");
        var size = Gen.Elements(0, 1, 3, 4096, 9000);
        var mode = Gen.Elements(Modes(isDirectory: true)); // nobody is there who would keep an ordinary user out of a directory without a mount
        var attribute = Gen.Elements(isRoot ? ["user.a", "user.b", "trusted.a", "trusted.overlay.opaque"] : (string[])["user.a", "user.b"]);

        var open = from h in handle
                   from flags in Gen.Elements("r", "r", "w", "rw", "rw", "rw,append", "w,append", "w,trunc", "rw,trunc", "rw,creat", "rw,creat,excl", "w,creat,trunc", "r,creat", "r,dir", "r,dir", "rw,tmp")
                   from p in flags.Contains("dir") || flags.Contains("tmp") ? Folder : flags.Contains("creat") ? Free : File
                   select $"open {h[1..]} {flags} {p}";
        var actions = new List<(int, Gen<string>)>
        {
            (12, open),
            (3, from h in handle select $"close {h[1..]}"),
            (6, from t in file from what in text select $"write {t} {what}"),
            (4, from t in file from what in text from at in size select $"write {t} {what} at {at}"),
            (4, from t in file from n in size select $"truncate {t} {n}"),
            (1, from t in file from at in size from n in Gen.Elements(1, 5000) select $"allocate {t} {at}+{n}"),
            (1, from t in file from at in size from n in Gen.Elements(1, 5000) select $"punch {t} {at}+{n}"),
            (1, from t in file from other in file from n in size select $"copy {t} {other} {n}"),
            (1, from h in handle select $"fsync {h}"),
            (2, from t in file select $"read {t}"),
            (2, from t in Gen.Frequency((1, Folder), (1, handle)) select $"list {t}"),
            (1, from p in File select $"readlink {p}"),
            (4, from p in Free from what in text from m in mode select $"create {p} = {what} mode={m}"),
            (4, from p in Free select $"mkdir {p}"),
            (2, from p in Free from to in Paths select $"symlink {p} \"{to}\""),
            (1, from p in Free select $"mkfifo {p}"),
            (1, from p in Free select $"mksocket {p}"),
            (1, from p in Free from d in Folder from what in text select $"tmpfile {d} {p} {what}"),
            (5, from t in file from p in Free select $"link {t} {p}"),
            (7, from p in File select $"rm {p}"),
            (6, from p in Folder select $"rmdir {p}"),
            (9, from p in Any from other in Gen.Frequency((2, Free), (1, Any)) select $"mv {p} {other}"),
            (2, from p in Any from other in Free select $"mv-noreplace {p} {other}"),
            (5, from p in Any from other in Any select $"swap {p} {other}"),
            (3, from t in target from m in mode select $"chmod {t} {m}"),
            (2, from t in target from n in Gen.Elements(3000, 4000) select $"utimens {t} {n}"),
            (3, from t in target from a in attribute from v in Gen.Elements("\"1\"", "\"other\"") select $"setxattr {t} {a} {v}"),
            (1, from t in target from a in attribute select $"getxattr {t} {a}"),
            (2, from t in target from a in attribute select $"rmxattr {t} {a}"),
            (1, from t in target select $"setacl {t} \"u:7 u1000:4 g:4 m:6 o:0\""),
            (1, Gen.Constant("mount again")),
        };
        if (isRoot) actions.Add((3, from t in target from ids in Gen.Elements("1:2", "0:0", "-:3") select $"chown {t} {ids}"));
        if (isOverlay)
        {
            actions.Add((1, from p in Free select $"mkdevice {p} 240:7"));
            actions.Add((1, from p in Free select $"mkwhiteout {p}"));
            actions.Add((1, from p in Any from other in Free select $"mv-whiteout {p} {other}"));
        }
        return Gen.Frequency([.. actions]);
    }
}
