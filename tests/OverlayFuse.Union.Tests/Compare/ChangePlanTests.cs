using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

/// <summary>What a name of an upper directory is to the lower layers.</summary>
internal class ChangePlanTests
{
    // the upper has / the lower layers would show -> the change, its reason, and what the things inside are compared with
    private const string Table =
        """
        nothing          file        -
        whiteout         nothing     -
        whiteout         file        D Whiteout
        whiteout         directory   D Whiteout
        file             nothing     A New
        file             file        M Copy
        file             directory   M Type
        metacopy         file        M Metadata
        metacopy         nothing     A New
        metacopy         directory   M Type
        moved metacopy   nothing     A Moved
        moved metacopy   file        M Moved
        directory        nothing     A New Nothing
        directory        file        M Type Nothing
        directory        directory   - Hidden
        other directory  directory   M InOpaque Hidden
        later directory  directory   M Time Hidden
        opaque directory directory   M Opaque Hidden
        opaque directory nothing     A New Nothing
        merged directory directory   - Members
        other merged directory directory M Metadata Members
        later merged directory directory M Time Members
        later other merged directory directory M Metadata Members
        moved directory  nothing     A Moved Members
        moved directory  directory   M Moved Members
        """;

    [TestCaseSource(nameof(Rows))]
    public void A_name_that_is(string upper, string below, string expected)
    {
        var plan = ChangePlan.For(new ChangeFacts
        {
            Upper = KindOf(upper),
            Below = KindOf(below),
            HasMembers = upper.Contains("merged") || upper == "moved directory",
            IsOpaque = upper.Contains("opaque"),
            IsMoved = upper.StartsWith("moved", StringComparison.Ordinal),
            IsMetacopy = upper.EndsWith("metacopy", StringComparison.Ordinal),
            HasOtherAttributes = upper.Contains("other"),
            HasOtherTime = upper.Contains("later"),
            IsOtherType = below != "nothing" && KindOf(upper) != KindOf(below),
        });
        var told = plan.Kind is { } kind ? $"{ChangeText.Key(kind)} {plan.Reason}" : "-";
        if (KindOf(upper) == EntryKind.Directory) told += $" {plan.Against}";
        Assert.That(told, Is.EqualTo(expected));
    }

    private static IEnumerable<TestCaseData> Rows()
    {
        foreach (var row in Table.Split('\n'))
        {
            var match = System.Text.RegularExpressions.Regex.Match(row, @"^(.*?) +(nothing|file|directory) +([-AMD].*)$");
            yield return new TestCaseData(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value);
        }
    }

    private static EntryKind KindOf(string what) => what.Split(' ')[^1] switch
    {
        "nothing" => EntryKind.Absent,
        "whiteout" => EntryKind.Whiteout,
        "directory" => EntryKind.Directory,
        _ => EntryKind.File,
    };
}
