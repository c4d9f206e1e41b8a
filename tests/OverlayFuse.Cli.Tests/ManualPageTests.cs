using System.Text.RegularExpressions;
using NUnit.Framework;

namespace OverlayFuse.Cli.Tests;

/// <summary>The manual page and the program know the same words.</summary>
public sealed partial class ManualPageTests
{
    private static readonly string Page = Repository.Read("src/OverlayFuse.Cli/overlayfuse.1").Replace("\\-", "-");

    [Test]
    public void Every_option_is_in_the_manual_page()
    {
        var words = Word().Matches(Page).Select(match => match.Value).ToHashSet();
        Assert.That(OptionTable.All.Select(row => row.Name).Where(name => !words.Contains(name)), Is.Empty);
    }

    [TestCase("--layers")]
    [TestCase("--log")]
    [TestCase("--foreground")]
    [TestCase("--debug")]
    [TestCase("--options")]
    [TestCase("--json")]
    [TestCase("--why")]
    [TestCase("--null")]
    [TestCase("--version")]
    [TestCase("--help")]
    [TestCase("--for-kernel")]
    [TestCase("--plain")]
    [TestCase("--repair")]
    [TestCase("--explain")]
    [TestCase("--json")]
    public void Every_flag_is_in_the_manual_page(string flag) => Assert.That(Page, Does.Contain(flag));

    [Test]
    public void What_the_page_says_of_the_accepted_options_is_what_the_table_does()
    {
        Assert.That(Listed("Without a word", "With a line"), Is.EquivalentTo(Names(OptionKind.Silent)));
        Assert.That(Listed("With a line", "Refused"), Is.EquivalentTo(Names(OptionKind.NoEffect)));
    }

    private static IEnumerable<string> Names(OptionKind kind) => OptionTable.All.Where(row => row.Kind == kind).Select(row => row.Name);

    /// <summary>The words between commas behind the first colon of a paragraph.</summary>
    private static IEnumerable<string> Listed(string from, string to)
    {
        var start = Page.IndexOf(':', Page.IndexOf(from, StringComparison.Ordinal)) + 1;
        var list = Page[start..Page.IndexOf(to, start, StringComparison.Ordinal)].Replace(".PP", "").Replace('\n', ' ');
        return list.Split(',').Select(word => word.Trim().TrimEnd('.', '=')).Where(word => !word.Contains(' '));
    }

    [GeneratedRegex(@"[a-z_0-9]+\+?")]
    private static partial Regex Word();
}
