using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What each change costs in system calls is what the room's README says. A row there is a test here.</summary>
internal class CallCountTests
{
    private const string Heading = "## What a change costs";

    // Each row is done with the objects of number 1 first, which warms up what is made once, and counted with those of number 2.
    private const string Lower = "f# = \"file\"  g# = \"g\"  d#/s/k = \"k\"  h# = \"hard\"  i# is h#";
    private const string Upper = "u/own# = \"own\"  w# = \"upper\"  v# = \"upper\"  ue#/  gone# whiteout";

    [TestCaseSource(nameof(Rows))]
    public void A_change_makes_the_calls_that_the_README_says(string action, string calls)
    {
        using var union = new TestUnion(1);
        foreach (var number in (string[])["1", "2"])
            union.With("lower1", Lower.Replace("#", number, StringComparison.Ordinal)).With("upper", Upper.Replace("#", number, StringComparison.Ordinal));
        union.Open();
        var script = new Script(union.Kernel);
        Assert.That(script.Do(action.Replace('#', '1')), Is.Null);

        var watcher = new CallWatcher();
        using (SyscallSeam.Watch(watcher)) Assert.That(script.Do(action.Replace('#', '2')), Is.Null);
        var made = string.Join(", ", watcher.Calls.Split(", ").Select(call => call.Split(' ')[0].ToLowerInvariant()));
        Assert.That(made == calls, Is.True, $"| `{action}` | {made} |");
    }

    [Test]
    public void The_README_has_rows() => Assert.That(Rows().Count(), Is.GreaterThan(20));

    // | `action` | calls |
    private static IEnumerable<object[]> Rows() =>
        from line in File.ReadLines(Path.Combine(Root, "src", "OverlayFuse.Union", "README.md")).SkipWhile(line => line != Heading).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        where line.StartsWith("| `", StringComparison.Ordinal)
        let cells = line.Trim('|').Split('|', StringSplitOptions.TrimEntries)
        select new object[] { cells[0].Trim('`'), cells[1] };

    private static string Root
    {
        get
        {
            var at = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(at.FullName, "OverlayFuse.sln"))) at = at.Parent!;
            return at.FullName;
        }
    }
}
