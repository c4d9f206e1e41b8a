using NUnit.Framework;

namespace OverlayFuse.Conformance;

/// <summary>The table itself.</summary>
public sealed class TableTests
{
    private const int Fewest = 400;

    [Test]
    public void There_are_four_hundred_cases_at_least()
    {
        TestContext.Out.WriteLine($"{Table.Cases.Count} cases, {Table.OfOrdinaryUsers.Count()} of them for ordinary users, {Table.Differences.Count()} expected differences");
        Assert.That(Table.Cases, Has.Count.GreaterThanOrEqualTo(Fewest));
    }

    [Test]
    public void Every_case_has_a_name_of_its_own() => Assert.That(Table.Cases.Select(row => row.ToString()), Is.Unique);

    [Test]
    public void A_plain_directory_never_differs() =>
        Assert.That(Table.Differences.Where(row => (row.Difference.Engines & (Engine.Plain | Engine.PlainUser)) != 0).Select(row => row.Case), Is.Empty);

    [Test]
    public void Every_difference_names_the_limit_that_forces_it() =>
        Assert.That(Table.Differences.Select(row => row.Difference.Because), Has.All.Contains("FUSE").Or.Contains("kernel").Or.Contains("overlayfs").Or.Contains("user"));

    [Test]
    public void As_root_no_engine_is_left_out()
    {
        if (Syscall.GetEUid() != 0) Assert.Ignore("the engines of root need root");
        Assert.That(RootConformanceTests.Grounds.Count(), Is.EqualTo(11));
    }
}
