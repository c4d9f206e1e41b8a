using NUnit.Framework;
using OverlayFuse.Union.Tests;

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
    public void The_file_of_expected_differences_says_what_the_table_says() => Generated.Check("tests/expected-differences.md", file =>
        ExpectedDifferences.With(file, "POSIX behaviour, against a plain directory", Table.Differences.Select(row =>
            new Union.Tests.Difference($"{row.Case} (objects from {row.Difference.Origins})", row.Difference.Engines.ToString(), "", row.Difference.Seen, row.Difference.Because))));

    [Test]
    public void As_root_no_engine_is_left_out()
    {
        if (Syscall.GetEUid() != 0) Assert.Ignore("the engines of root need root");
        Assert.That(RootConformanceTests.Grounds.Count(), Is.EqualTo(13));
    }
}
