using System.Text.RegularExpressions;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// All cases under Cases/ on all engines: without a mount, for each kind of upper, with a kernel that remembers all and one that forgets
/// all, at once or some calls later; on mounts of the published executable; and on kernel overlayfs, which says whether a case is right.
/// </summary>
internal partial class CaseTests
{
    private const string KernelOptions = "metacopy=on,redirect_dir=on,index=";

    [TestCaseSource(nameof(Unmounted))]
    public void Unmounted_case(Case example, TestUnion.Form form, bool keeps)
    {
        if (form.IsOrdinaryUser) OrdinaryUser.Run(Run);
        else Run();

        void Run()
        {
            using var union = new TestUnion(example.LowerCount, form, dataOnly: example.DataCount) { Keeps = keeps, Options = example.Options };
            CaseTests.Run(example, union, "model");
        }
    }

    // What a name was is still known when it is made again: a FORGET is sent after the calls that came later.
    [TestCaseSource(nameof(Changing))]
    public void Unmounted_case_with_late_forgets(Case example)
    {
        using var union = new TestUnion(example.LowerCount, TestUnion.Form.OfThisUser, dataOnly: example.DataCount) { Delay = 2, Options = example.Options };
        Run(example, union, "model");
    }

    [TestCaseSource(nameof(Mounted))]
    public void Mounted_case(Case example, string engine)
    {
        NeedsRoot();
        using var union = new UnionMount($"data={engine},{example.Options}", lowers: example.LowerCount, above: TestUnion.Above, dataOnly: example.DataCount);
        Run(example, union, engine);
    }

    [TestCaseSource(nameof(InTheKernel))]
    public void Kernel_case(Case example)
    {
        NeedsRoot();
        using var union = new UnionMount(KernelOptions + (example.Needs("index") ? "on" : "off"), isKernel: true, lowers: example.LowerCount, above: TestUnion.Above, dataOnly: example.DataCount);
        Run(example, union, "kernel");
    }

    [Test]
    public void Titles_are_unique() => Assert.That(All.GroupBy(c => c.Title).Where(g => g.Count() > 1).Select(g => g.Key), Is.Empty);

    [Test]
    public void A_difference_differs() => Assert.That(All.SelectMany(c => c.Differences).Where(d => d.Expected == d.Seen).Select(d => d.Case), Is.Empty);

    private static IEnumerable<Case> All => Tests.Case.Files.SelectMany(Tests.Case.ReadAll);

    private static IEnumerable<TestCaseData> Unmounted()
    {
        foreach (var example in All.Where(c => !c.Needs("mount")))
        {
            yield return Named(example, TestUnion.Form.OfThisUser, keeps: true);
            yield return Named(example, TestUnion.Form.OfThisUser, keeps: false);
            if (!example.Needs("root")) yield return Named(example, TestUnion.Form.OrdinaryUser, keeps: false);
            if (!example.Changes) continue; // what is read does not depend on how whiteouts are written
            yield return Named(example, TestUnion.Form.WithoutRenameFlags, keeps: false);
            yield return Named(example, TestUnion.Form.MarkedWhiteouts, keeps: false);
            if (!example.Needs("marks")) yield return Named(example, TestUnion.Form.Oci, keeps: false);

            // A union is the same wherever its upper keeps owners; what the upper itself looks like is for the cases in overrides.txt.
            if (example.Options.Length > 0 || example.LooksAtStored || example.Settles) continue;
            yield return Named(example, TestUnion.Form.OwnersInMarks, keeps: false);
            if (!example.Needs("root")) yield return Named(example, TestUnion.Form.OwnersInMarksOfOrdinaryUser, keeps: false);
        }
    }

    private static IEnumerable<TestCaseData> Changing() =>
        from example in All
        where example.Changes && !example.Needs("mount")
        select new TestCaseData(example).SetName($"{Sentence(example.Title)} (forgotten late)").SetCategory(example.File);

    // Who serves the bytes is another in the two modes; names, owners and marks are the same code, so the quick set tries these in one.
    private static readonly string[] AboutBytes = ["copyup.txt", "open.txt", "fidelity.txt", "data-only.txt", "rivals.txt"];

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1";

    private static IEnumerable<TestCaseData> Mounted() =>
        from example in All.Where(c => !c.Settles)
        from engine in (string[])["cached", "passthrough"]
        where engine == "cached" || IsLong || AboutBytes.Contains(example.File)
        select new TestCaseData(example, engine).SetName($"{Sentence(example.Title)} (mounted, {engine})").SetCategory(example.File);

    private static IEnumerable<TestCaseData> InTheKernel() => All.Where(c => !c.IsForeign && !c.Settles && c.Options.Length == 0).Select(example => new TestCaseData(example).SetName($"{Sentence(example.Title)} (kernel)").SetCategory(example.File));

    private static TestCaseData Named(Case example, TestUnion.Form form, bool keeps) =>
        new TestCaseData(example, form, keeps).SetName($"{Sentence(example.Title)} ({form}, {(keeps ? "remembered" : "forgotten")})").SetCategory(example.File);

    private static string Sentence(string title) => $"{char.ToUpperInvariant(title[0])}{title[1..]}".Replace(' ', '_');

    private static void NeedsRoot()
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse")) Assert.Ignore("needs root and /dev/fuse");
    }

    private static void Run(Case example, IUnion union, string engine)
    {
        example.MakeLayers(union);
        var lowers = union.Lowers();
        union.Mount();
        var script = new Script(union.Actor);

        string[]? last = null;
        foreach (var step in example.Steps)
        {
            var text = step.For(engine);
            switch (step.Key)
            {
                case "do" when text == "mount again":
                    union.Unmount();
                    union.Mount();
                    script = script.On(union.Actor);
                    break;
                case "do":
                    foreach (var action in LayerText.Items(text)) Assert.That(script.Do(action), Is.Null);
                    break;
                case "union":
                    last = LayerText.Normalize(text);
                    Same(Union(), last, "in the union");
                    break;
                case "upper":
                    union.Forget();
                    var (actual, expected) = (LayerText.Describe(union.Upper, union is TestUnion { KeepsOwnersInMarks: true }), LayerText.Normalize(text));
                    if (engine == "kernel") (actual, expected) = ([.. actual.Select(WithPath)], [.. expected.Select(WithPath)]);
                    Same(actual, expected, "in the upper");
                    break;
                case "stored":
                    Assert.That(Syscall.Open(union.Upper, OpenFlags.ReadOnly | OpenFlags.Directory, out var upper), Is.EqualTo(Errno.None));
                    using (var stored = new SystemCalls(new DirFd(upper.Number)))
                    {
                        foreach (var action in LayerText.Items(text)) Assert.That(new Script(stored).Do(action), Is.Null, "in the upper");
                    }
                    upper.Close();
                    break;
                case "settle":
                    last = Union();
                    Assert.That(((TestUnion)union).Settle(text == "plain" ? SettleForm.Plain : SettleForm.ForKernel).Problems.Select(p => p.Reason), Is.Empty);
                    Same(Union(), last, "in the settled union");
                    script = script.On(union.Actor);
                    break;
                default:
                    throw new FormatException(step.Key);
            }
        }

        last ??= Union();
        union.Unmount();
        Assert.That(union.Leftovers(), Is.Empty, "left in the work directory");
        union.Mount();
        Same(Union(), last, "after the next mount");
        Assert.That(union.Lowers(), Is.EqualTo(lowers), "the lower layers");

        // The kernel lists other inode numbers than it stats in directories that it has not made itself.
        string[] Union() => [.. LayerText.Describe(union.Actor).Where(i => engine != "kernel" || !i.Contains(" has d_ino ", StringComparison.Ordinal))];
    }

    /// <summary>The kernel writes a redirect as a name where the object stays in its directory, we write a path always; both read both.</summary>
    private static string WithPath(string item) => NameRedirect().Replace(item, "$1$2$3redirect=\"/$1$4\"");

    [GeneratedRegex("""^((?:\S*/)?)([^/\s]+/?)( .*)redirect="([^/"][^"]*)[""]""")]
    private static partial Regex NameRedirect();

    private static void Same(string[] actual, string[] expected, string where) => Assert.That(string.Join("  ", actual), Is.EqualTo(string.Join("  ", expected)), where);
}
