using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

/// <summary>All cases under Cases/, for each kind of upper, with a kernel that remembers all and one that forgets all.</summary>
internal class CaseTests
{
    private static readonly string[] Files = ["lookup.txt", "remove.txt", "create.txt", "rename.txt", "copyup.txt", "settle.txt"];

    [TestCaseSource(nameof(Cases))]
    public void Case(Case example, TestUnion.Form form, bool keeps)
    {
        if (form.IsOrdinaryUser) OrdinaryUser.Run(() => Run(example, form, keeps));
        else Run(example, form, keeps);
    }

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (var example in Files.SelectMany(Tests.Case.ReadAll))
        {
            yield return Named(example, TestUnion.Form.OfThisUser, keeps: true);
            yield return Named(example, TestUnion.Form.OfThisUser, keeps: false);
            yield return Named(example, TestUnion.Form.OrdinaryUser, keeps: false);
            if (!example.Changes) continue; // what is read does not depend on how whiteouts are written
            yield return Named(example, TestUnion.Form.WithoutRenameFlags, keeps: false);
            yield return Named(example, TestUnion.Form.MarkedWhiteouts, keeps: false);
            if (!example.NeedsMarks) yield return Named(example, TestUnion.Form.Oci, keeps: false);
        }
    }

    private static TestCaseData Named(Case example, TestUnion.Form form, bool keeps) =>
        new TestCaseData(example, form, keeps).SetName($"{Sentence(example.Title)} ({form}, {(keeps ? "remembered" : "forgotten")})");

    private static string Sentence(string title) => $"{char.ToUpperInvariant(title[0])}{title[1..]}".Replace(' ', '_');

    private static void Run(Case example, TestUnion.Form form, bool keeps)
    {
        using var union = new TestUnion(example.LowerCount, form);
        foreach (var (layer, text) in example.Layers) union.With(layer, text);
        union.Open(keeps);

        string[]? last = null;
        foreach (var (key, text) in example.Steps)
        {
            switch (key)
            {
                case "do":
                    foreach (var action in LayerText.Items(text)) Assert.That(Tests.Case.Act(union.Kernel, action), Is.Null);
                    break;
                case "union":
                    last = LayerText.Normalize(text);
                    Same(LayerText.Describe(union.Kernel), last, "in the union");
                    break;
                case "upper":
                    union.Kernel.ForgetAll();
                    Same(LayerText.Describe(union.Upper), LayerText.Normalize(text), "in the upper");
                    break;
                case "settle":
                    last = LayerText.Describe(union.Kernel);
                    Assert.That(union.Settle(text == "plain" ? SettleForm.Plain : SettleForm.ForKernel).Problems.Select(p => p.Reason), Is.Empty);
                    Same(LayerText.Describe(union.Kernel), last, "in the settled union");
                    break;
                default:
                    throw new FormatException(key);
            }
        }

        last ??= LayerText.Describe(union.Kernel);
        union.Kernel.ForgetAll();
        Assert.That(union.Leftovers(), Is.Empty, "left in the work directory");
        union.Close();
        union.Open(keeps);
        Same(LayerText.Describe(union.Kernel), last, "after the next mount");
        Assert.That(union.Lowers(), Is.EqualTo(union.LowersBefore), "the lower layers");
    }

    private static void Same(string[] actual, string[] expected, string where) => Assert.That(string.Join("  ", actual), Is.EqualTo(string.Join("  ", expected)), where);
}
