using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class ExpectedDifferencesTests
{
    private const string Section = "The union, against kernel overlayfs";

    [Test]
    public void The_file_says_what_the_cases_say() =>
        Generated.Check("tests/expected-differences.md", file => ExpectedDifferences.With(file, Section, Case.Files.SelectMany(Case.ReadAll).SelectMany(c => c.Differences)));

    [Test]
    public void A_section_leaves_the_others_alone()
    {
        var one = ExpectedDifferences.With("", "One", [new Difference("a", "kernel", "do x", "do y", "it cannot")]);
        var both = ExpectedDifferences.With(one, "Two", [new Difference("b", "kernel", "do x", "do y", "it cannot either")]);
        Assert.That(both, Does.Contain("it cannot either").And.Contain("kernel: it cannot\n"));
        Assert.That(ExpectedDifferences.With(both, "One", []), Does.Not.Contain("kernel: it cannot\n").And.Contain("it cannot either"));
        Assert.That(ExpectedDifferences.With(both, "Two", [new Difference("b", "kernel", "do x", "do y", "it cannot either")]), Is.EqualTo(both));
    }
}
