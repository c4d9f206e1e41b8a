using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Random stacks of layers, searched and listed by the engine and by a model of a dozen lines.</summary>
internal class SearchProperties
{
    private static readonly string[] Names = ["a", "b", "c"];

    // What a layer may have under a name; for directories the same again inside.
    private static readonly string[] Kinds = ["", "", "file", "dir", "dir", "opaque", "oci-opaque", "whiteout", "marked", "oci", "oci+file", "oci+dir"];

    private static readonly Arbitrary<Floor[]> Stacks = Arb.From(
        from depth in Gen.Choose(1, 2 * Search.FewMembers + 1)
        from layers in Gen.ArrayOf(GenLayer(), depth)
        select layers);

    [Test]
    public void Any_stack_is_what_the_model_says() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(120).WithEndSize(20), Prop.ForAll(Stacks, layers =>
    {
        using var union = new TestUnion(layers.Length);
        for (var i = 0; i < layers.Length; i++) union.With($"lower{i + 1}", layers[i].Text(i));
        union.Open();
        var expected = new List<string>();
        Show(layers.Select((layer, i) => (layer, i)).ToList(), "", expected);
        var actual = LayerText.Describe(union.Kernel);
        return string.Join("  ", actual).Equals(string.Join("  ", expected.Order(StringComparer.Ordinal)), StringComparison.Ordinal)
            ? true
            : throw new InvalidOperationException($"{string.Join("  ", actual)}\nand not\n{string.Join("  ", expected.Order(StringComparer.Ordinal))}\nin\n{string.Join('\n', layers.Select((l, i) => l.Text(i)))}");
    }));

    [Test]
    public void A_deep_directory_is_searched_alike_by_table_and_one_by_one() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(Stacks, layers =>
    {
        using var union = new TestUnion(layers.Length);
        for (var i = 0; i < layers.Length; i++) union.With($"lower{i + 1}", layers[i].Text(i));
        union.Open(readOnly: true);
        var root = union.Tree.RootDirectory;
        var search = new Search(root, []);
        foreach (var name in Names)
        {
            var whole = ByTable(search, root, name, out var error);

            // The same stack, but the names never looked at: each member is asked.
            var result = new SearchResult();
            var expected = OneByOne(root.Lowers, Encoding.UTF8.GetBytes(name), result);
            if (error != Errno.None || whole != expected) throw new InvalidOperationException($"{name}: {whole} by table, {expected} one by one");
        }
        return true;
    }));

    [Test]
    public void Names_are_found_alike_after_many_that_were_not_there() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(Stacks, layers =>
    {
        using var union = new TestUnion(layers.Length);
        union.With("upper", layers[^1].Text(0));
        for (var i = 0; i < layers.Length; i++) union.With($"lower{i + 1}", layers[i].Text(i));
        union.Open();
        var root = union.Tree.RootDirectory;
        var search = new Search(root, []);
        var before = Array.ConvertAll(Names, name => ByTable(search, root, name, out _));
        for (var i = 0; i < 100; i++) ByTable(search, root, $"missing{i}", out _);
        Assert.That(Array.ConvertAll(Names, name => ByTable(search, root, name, out _)), Is.EqualTo(before));
        return true;
    }));

    private static string ByTable(Search search, UnionDirectory directory, string name, out Errno error)
    {
        var result = new SearchResult();
        error = search.Find(directory, Encoding.UTF8.GetBytes(name), result);
        return $"{result.Where?.Layer.Index} {result.Entry.Kind} {result.IsHidden} {string.Join(',', result.Members.Select(m => m.Layer.Index))}";
    }

    private static string OneByOne(LayerDirectory[] lowers, byte[] name, SearchResult result)
    {
        foreach (var lower in lowers)
        {
            LayerProbe.Ask(lower, name, isLast: lower == lowers[^1], out var entry);
            var verdict = Union.Lookup.Judge(entry, result.IsFound);
            if (verdict == Verdict.LookBelow) continue;
            if (verdict == Verdict.Hidden) result.IsHidden = true;
            if (verdict is Verdict.Hidden or Verdict.StopBeforeThis) break;
            if (!result.IsFound) (result.Where, result.Entry) = (lower, entry);
            if (entry.Kind == EntryKind.Directory) result.Members.Add(lower.Child(name, 0, false));
            if (verdict == Verdict.FoundAndStop) break;
        }
        return $"{result.Where?.Layer.Index} {result.Entry.Kind} {result.IsHidden} {string.Join(',', result.Members.Select(m => m.Layer.Index))}";
    }

    // The model: a name is what the topmost layer that mentions it says.
    private static void Show(List<(Floor Layer, int Number)> stack, string path, List<string> items)
    {
        var before = items.Count;
        foreach (var name in Names)
        {
            var at = path.Length > 0 ? $"{path}/{name}" : name;
            var members = new List<(Floor, int)>();
            foreach (var (layer, number) in stack)
            {
                var (kind, inside) = layer.Entries.GetValueOrDefault(name, ("", null));
                if (kind.Length == 0) continue;
                if (kind is "file" or "oci+file" && members.Count == 0) items.Add($"{at} = \"{number}\"");
                if (inside is null) break;
                members.Add((inside, number));
                if (kind != "dir") break;
            }
            if (members.Count > 0) Show(members, at, items);
        }
        if (items.Count == before && path.Length > 0) items.Add($"{path}/");
    }

    private static Gen<Floor> GenLayer() => from inner in Gen.ArrayOf(Gen.Elements(Kinds), Names.Length * (Names.Length + 1)) select Floor.Of(inner);

    private sealed record Floor(Dictionary<string, (string Kind, Floor? Inside)> Entries)
    {
        public static Floor Of(string[] kinds)
        {
            var entries = new Dictionary<string, (string, Floor?)>();
            for (var n = 0; n < Names.Length; n++)
            {
                Floor? inside = null;
                if (IsDirectory(kinds[n]))
                {
                    inside = new Floor([]);
                    for (var m = 0; m < Names.Length; m++)
                    {
                        var kind = kinds[Names.Length * (n + 1) + m];
                        if (kind == "marked" && kinds[n] == "opaque") kind = ""; // a directory has one opaque mark
                        inside.Entries[Names[m]] = (kind, IsDirectory(kind) ? new Floor([]) : null);
                    }
                }
                entries[Names[n]] = (kinds[n], inside);
            }
            return new Floor(entries);
        }

        public string Text(int number, string path = "")
        {
            var items = new List<string>();
            foreach (var (name, (kind, inside)) in Entries)
            {
                var oci = $"{path}.wh.{name} = \"\"";
                items.Add(kind switch
                {
                    "file" => $"{path}{name} = \"{number}\"",
                    "dir" => $"{path}{name}/",
                    "opaque" => $"{path}{name}/ opaque",
                    "oci-opaque" => $"{path}{name}/.wh..wh..opq = \"\"",
                    "whiteout" => $"{path}{name} whiteout",
                    "marked" => $"{path}{name} marked-whiteout",
                    "oci" => oci,
                    "oci+file" => $"{oci}  {path}{name} = \"{number}\"",
                    "oci+dir" => $"{oci}  {path}{name}/",
                    _ => "",
                });
                if (inside is not null) items.Add(inside.Text(number, $"{path}{name}/"));
            }
            return string.Join("  ", items.Where(i => i.Length > 0));
        }

        private static bool IsDirectory(string kind) => kind is "dir" or "opaque" or "oci-opaque" or "oci+dir";
    }
}
