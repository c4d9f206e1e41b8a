using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// On every case of the table: what is explained is what the union shows, for each path that any layer mentions, and what is listed as
/// changed is what differs between the union and its lower layers.
/// </summary>
internal class AgreementTests
{
    private static readonly string[] Files = ["lookup.txt", "remove.txt", "create.txt", "rename.txt", "copyup.txt"];

    [TestCaseSource(nameof(Cases))]
    public void Explanations_and_changes_agree_with(Case example)
    {
        using var union = new TestUnion(example.LowerCount);
        example.MakeLayers(union);
        var before = LowerView(union);
        union.Open();
        Assert.That(example.Play(union), Is.Empty);
        union.Kernel.ForgetAll();

        var paths = Mentioned(union);
        Assert.That(paths, Is.Not.Empty);
        foreach (var path in paths)
        {
            var explanation = SurveyTests.Live(union, path);
            var error = union.Kernel.Find(path, out var entry);
            var expected = explanation.Outcome switch
            {
                Outcome.Found => Errno.None,
                Outcome.NotDirectory => Errno.NOTDIR,
                Outcome.Broken => explanation.Error,
                _ => Errno.NOENT,
            };
            if (error == Errno.NOENT && expected == Errno.NOTDIR) expected = Errno.NOENT; // the stand-in for the kernel looks up beneath files too
            Assert.That(expected, Is.EqualTo(error), $"{path}: {explanation.Outcome}");
            if (error == Errno.None) Assert.That(explanation.Decisive!.Type, Is.EqualTo(Mode.TypeOf(entry.Attributes.Mode)), path);
        }

        if (ControlServerTests.Ask(union.Union, ControlKind.Changes, [], out var answer) is var failed and not Errno.None)
        {
            Assert.That(failed, Is.AnyOf(Errno.IO, Errno.INVAL));
            Assert.That(LayerText.Describe(union.Kernel), Has.Some.Contains(" ! "), "the union has no error to show");
            return;
        }
        var after = View(LayerText.Describe(union.Kernel));
        union.Kernel.ForgetAll();
        foreach (var path in after.Keys.Where(path => SurveyTests.Live(union, path).IsSharedCopy)) after[path] = before[path]; // listed under the names that the upper has
        AssertChanges(ChangeText.Read(answer)!, before, after);
    }

    private static void AssertChanges(List<Change> changes, Dictionary<string, string> before, Dictionary<string, string> after)
    {
        var named = changes.Select(change => (change.Kind, Path: Encoding.UTF8.GetString(change.Path)[1..], change.Reason)).ToList();
        Assert.That(named.Select(change => change.Path), Is.Unique);
        foreach (var (kind, path, _) in named)
        {
            var exists = after.ContainsKey(path) || after.Keys.Any(key => key.StartsWith(path + "/", StringComparison.Ordinal));
            Assert.That(exists, Is.EqualTo(kind != ChangeKind.Deleted), $"{kind} {path}");
        }

        bool IsCovered(string path, Func<ChangeKind, ChangeReason, bool> by) => named.Any(change => (change.Path == path || path.StartsWith(change.Path + "/", StringComparison.Ordinal)) && by(change.Kind, change.Reason));
        foreach (var path in before.Keys.Where(path => !after.ContainsKey(path) && !after.Keys.Any(key => key.StartsWith(path + "/", StringComparison.Ordinal))))
            Assert.That(IsCovered(path, (kind, reason) => kind == ChangeKind.Deleted || reason is ChangeReason.Type or ChangeReason.Moved), $"{path} is gone and not listed");
        foreach (var (path, what) in after.Where(item => !item.Value.EndsWith('/') && before.GetValueOrDefault(item.Key) != item.Value))
            Assert.That(IsCovered(path, (kind, reason) => kind != ChangeKind.Deleted), $"{path} {what} is new or other and not listed");
    }

    private static IEnumerable<TestCaseData> Cases() => Files.SelectMany(Case.ReadAll).Where(c => !c.Needs("mount")).Select(example => new TestCaseData(example).SetName($"Explanations and changes agree: {example.Title}"));

    // path -> what it is; directories end with a slash
    private static Dictionary<string, string> View(IEnumerable<string> items) => items.Select(item => item.Split(' ', 2)).ToDictionary(words => words[0].TrimEnd('/'), words => words.Length > 1 ? words[1] : "/");

    private static Dictionary<string, string> LowerView(TestUnion union)
    {
        union.Open(readOnly: true);
        var view = View(LayerText.Describe(union.Kernel));
        union.Close();
        return view;
    }

    private static SortedSet<string> Mentioned(TestUnion union)
    {
        var paths = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var layer in Enumerable.Range(1, union.LowerCount).Select(i => $"{union.Path}/lower{i}").Append(union.Upper))
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(layer, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true }))
            {
                var path = entry[(layer.Length + 1)..];
                var name = Path.GetFileName(path);
                paths.Add(name.StartsWith(".wh.", StringComparison.Ordinal) ? path[..^name.Length] + name[4..] : path);
            }
        }
        paths.RemoveWhere(path => path.Contains(".wh..opq", StringComparison.Ordinal));
        return paths;
    }
}
