using System.Text;

namespace OverlayFuse.Union.Tests;

/// <summary>Every kind of object renamed onto every kind of target in every way: the rows of Cases/rename-matrix.txt, by rule.</summary>
/// <remarks>The rule is checked as every case is: by our engines and by the kernel.</remarks>
internal static class RenameMatrix
{
    private const string Head = "# Every kind of object, renamed onto every kind of target. Written by RenameMatrix.cs, checked as all cases are.\n";

    private const string Optimization = "the kernel marks a pure directory that moves into a merged one opaque even where nothing is below, to spare itself lookups";

    private static readonly Thing[] Sources =
    [
        new("an upper file", Upper: "@ = \"A\"", Union: "@ = \"A\"", Moved: "@ = \"A\""),
        new("a lower file", Lower: "@ = \"A\"", Union: "@ = \"A\"", Moved: "@ metacopy(1) redirect=\"/$\""),
        new("a file over a lower one", Upper: "@ = \"A\"", Lower: "@ = \"below\"", Union: "@ = \"A\"", Moved: "@ = \"A\""),
        new("a lower symbolic link", Lower: "@ -> \"to\"", Union: "@ -> \"to\"", Moved: "@ -> \"to\""),
        new("a pure directory", IsDirectory: true, Upper: "@/x = \"A\"", Union: "@/x = \"A\"", Moved: "@/x = \"A\""),
        new("a lower directory", IsDirectory: true, Lower: "@/x = \"A\"", Union: "@/x = \"A\"", Moved: "@/ redirect=\"/$\""),
        new("a merged directory", IsDirectory: true, Upper: "@/u = \"U\"", Lower: "@/x = \"A\"", Union: "@/u = \"U\"  @/x = \"A\"", Moved: "@/ redirect=\"/$\"  @/u = \"U\""),
        new("an opaque directory", IsDirectory: true, Upper: "@/ opaque  @/x = \"A\"", Lower: "@/hidden = \"below\"", Union: "@/x = \"A\"", Moved: "@/ opaque  @/x = \"A\""),
    ];

    private static readonly Thing[] Targets =
    [
        new("nothing"),
        new("a whiteout", Upper: "@ whiteout", Lower: "@/y = \"below\""),
        new("a file", Lower: "@ = \"B\"", Union: "@ = \"B\"", Moved: "@ metacopy(1) redirect=\"/$\""),
        new("an upper file", Upper: "@ = \"B\"", Union: "@ = \"B\"", Moved: "@ = \"B\""),
        new("an empty directory", IsDirectory: true, Lower: "@/", Union: "@/", Moved: "@/ redirect=\"/$\""),
        new("a directory with a file", IsDirectory: true, Lower: "@/y = \"B\"", Union: "@/y = \"B\"", Moved: "@/ redirect=\"/$\""),
        new("a merged directory", IsDirectory: true, Upper: "@/v = \"V\"", Lower: "@/y = \"B\"", Union: "@/v = \"V\"  @/y = \"B\"", Moved: "@/ redirect=\"/$\"  @/v = \"V\""),
        new("an emptied directory", IsDirectory: true, Upper: "@/y whiteout", Lower: "@/y = \"B\"", Union: "@/", Moved: "@/ redirect=\"/$\"  @/y whiteout"),
        new("a hard link of itself"),
    ];

    public static string Text()
    {
        var text = new StringBuilder(Head);
        foreach (var source in Sources)
        {
            foreach (var target in Targets)
            {
                var isItself = target == Targets[^1];
                if (isItself && (source.IsDirectory || source.Upper.Length * source.Lower.Length > 0)) continue;
                foreach (var (verb, how) in ((string, string)[])[("mv", "renamed onto"), ("mv-noreplace", "renamed without replacing"), ("swap", "exchanged with"), ("mv-whiteout", "renamed, leaving a whiteout, onto")])
                    Row(text, verb, how, source, isItself ? Itself(source) : target, isItself, apart: false);
                foreach (var (verb, how) in ((string, string)[])[("mv", "renamed onto"), ("swap", "exchanged with")])
                    if (!isItself) Row(text, verb, how, source, target, isItself, apart: true);
            }
        }
        return text.ToString();
    }

    /// <param name="apart">In another directory; of these only what succeeds has a row.</param>
    private static void Row(StringBuilder text, string verb, string how, Thing source, Thing target, bool isItself, bool apart)
    {
        var exists = target.Union.Length > 0;
        if (verb == "mv-whiteout" && exists) return; // what the system refuses before it asks us is not ours to show
        var error = verb switch
        {
            "mv-whiteout" => "INVAL",
            "mv-noreplace" => exists ? "EXIST" : "",
            "swap" => exists ? "" : "NOENT",
            _ when !exists || isItself => "",
            _ when source.IsDirectory && !target.IsDirectory => "NOTDIR",
            _ when !source.IsDirectory && target.IsDirectory => "ISDIR",
            _ => target.Union == "@/" || !target.IsDirectory ? "" : "NOTEMPTY",
        };
        var stays = error.Length > 0 || isItself;
        if (apart && stays) return;
        var isSwap = verb == "swap";
        var (a, b) = apart ? ("l/a", "m/b") : ("a", "b");
        string[] beside = apart ? ["l/z = \"z\"", "m/z = \"z\""] : ["z = \"z\""];

        // What has something below its new name must not merge with it: a moved lower directory has its redirect, a pure one gets a mark.
        var arrived = source.At(b, from: a, source.Moved, isOver: target.Lower.Length > 0);
        var left = isSwap ? target.At(a, from: b, target.Moved, isOver: source.Lower.Length > 0) : source.Lower.Length > 0 ? $"{a} whiteout" : apart ? "l/" : "";

        // An ordinary user cannot mark symbolic links, so their names do not stay one inode.
        var needs = !isItself ? "marks" : source.Lower.Contains("->", StringComparison.Ordinal) ? "marks index root" : "marks index";
        text.Append($"\ncase    {source.Name} is {how} {(isItself ? "a hard link of itself" : target.Name)}{(apart ? " in another directory" : "")}\nneeds   {needs}\n");
        Line(text, "upper", source.At(a, source.Upper), target.At(b, target.Upper));
        Line(text, "lower1", [source.At(a, source.Lower), target.At(b, target.Lower), .. beside]);
        text.Append($"do      {verb} {a} {b}{(error.Length > 0 ? $" ! {error}" : "")}\n");
        if (stays) Line(text, "union", [source.At(a, source.Union), target.At(b, target.Union), .. beside]);
        else Line(text, "union", [source.At(b, source.Union), isSwap ? target.At(a, target.Union) : "", .. beside]);
        string[] after = stays ? [source.At(a, source.Upper), target.At(b, target.Upper)] : [arrived, left];
        Line(text, "upper", true, after);
        if (!stays && source.IsDirectory && source.Lower.Length + target.Lower.Length == 0)
            text.Append($"differs kernel  {b}/ opaque  {string.Join("  ", after.Where(i => i.Length > 0))}  because  {Optimization}\n");
    }

    private static Thing Itself(Thing source) => new("", Upper: source.Upper.Length > 0 ? "b is a" : "", Lower: source.Lower.Length > 0 ? "b is a" : "", Union: source.Union);

    private static void Line(StringBuilder text, string key, params string[] items) => Line(text, key, key == "union", items);

    private static void Line(StringBuilder text, string key, bool evenEmpty, string[] items)
    {
        var all = string.Join("  ", items.Where(i => i.Length > 0));
        if (all.Length > 0 || evenEmpty) text.Append($"{key,-8}{all.Replace("b is a", key == "upper" && evenEmpty ? "b = \"A\"" : "b is a")}\n");
    }

    /// <summary>An object before and after; @ stands for its name, $ for the one it had.</summary>
    private sealed record Thing(string Name, bool IsDirectory = false, string Upper = "", string Lower = "", string Union = "", string Moved = "")
    {
        public string At(string name, string text) => text.Replace("@", name);

        public string At(string name, string from, string moved, bool isOver)
        {
            var text = At(name, moved).Replace("$", from);
            return isOver && IsDirectory && Lower.Length == 0 ? $"{name}/ opaque  {text}" : text;
        }
    }
}
