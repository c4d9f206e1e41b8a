using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What the upper adds, modifies and deletes.</summary>
internal class ChangeTests
{
    [TestCase("a new file, in a new directory", "upper  n/f = \"1\"  lower1  d/", "A /n New, A /n/f New")]
    [TestCase("a changed file, in a directory that was only made for it", "upper  d/f = \"2\"  lower1  d/f = \"1\"", "M /d/f Copy")]
    [TestCase("changed metadata", "upper  f metacopy(1)  lower1  f = \"1\"", "M /f Metadata")]
    [TestCase("a deleted file", "upper  d/f whiteout  lower2  d/f = \"1\"", "D /d/f Whiteout")]
    [TestCase("a deleted directory is one line", "upper  d whiteout  lower1  d/e/f = \"1\"", "D /d Whiteout")]
    [TestCase("a whiteout that hides nothing is no change", "upper  f whiteout  lower1  f whiteout  lower2  f = \"1\"", "")]
    [TestCase("a marked whiteout", "upper  d/f marked-whiteout  lower1  d/f = \"1\"", "D /d/f Whiteout")]
    [TestCase("an OCI whiteout", "upper  d/.wh.f = \"\"  lower1  d/f = \"1\"", "D /d/f Whiteout")]
    [TestCase("an OCI whiteout beside a file is that file's change", "upper  .wh.f = \"\"  f = \"2\"  lower1  f = \"1\"", "M /f Copy")]
    [TestCase("a directory put in the place of another", "upper  d/ opaque  d/a = \"2\"  d/n = \"n\"  lower1  d/a = \"1\"  d/b = \"1\"  lower2  d/c/x = \"1\"", "M /d Opaque, M /d/a Copy, D /d/b InOpaque, D /d/c InOpaque, A /d/n New")]
    [TestCase("directories within an opaque one", "upper  d/ opaque  d/s/a = \"2\"  lower1  d/s/a = \"1\"  d/s/b = \"1\"", "M /d Opaque, M /d/s/a Copy, D /d/s/b InOpaque")]
    [TestCase("whiteouts in an opaque directory say nothing more", "upper  d/ opaque  d/a whiteout  d/x whiteout  lower1  d/a = \"1\"", "M /d Opaque, D /d/a InOpaque")]
    [TestCase("an opaque directory over nothing", "upper  d/ opaque  d/f = \"1\"", "A /d New, A /d/f New")]
    [TestCase("an OCI opaque directory", "upper  d/.wh..wh..opq = \"\"  lower1  d/a = \"1\"", "M /d Opaque, D /d/a InOpaque")]
    [TestCase("a renamed directory", "upper  old whiteout  new/ redirect=\"/old\"  lower1  old/a = \"1\"  old/b = \"1\"", "A /new Moved /old, D /old Whiteout")]
    [TestCase("changes beneath a renamed directory", "upper  old whiteout  new/ redirect=\"/old\"  new/a = \"2\"  new/b whiteout  new/n = \"n\"  lower1  old/a = \"1\"  old/b = \"1\"  old/c = \"1\"", "A /new Moved /old, M /new/a Copy, D /new/b Whiteout, A /new/n New, D /old Whiteout")]
    [TestCase("two directories exchanged", "upper  a/ redirect=\"b\"  b/ redirect=\"a\"  lower1  a/x = \"1\"  b/y = \"1\"", "M /a Moved /b, M /b Moved /a")]
    [TestCase("a renamed file with its bytes below", "upper  g metacopy(1) redirect=\"/f\"  f whiteout  lower1  f = \"1\"", "D /f Whiteout, A /g Moved /f")]
    [TestCase("a directory in the place of a file", "upper  f/a = \"1\"  lower1  f = \"1\"", "M /f Type, A /f/a New")]
    [TestCase("a file in the place of a directory", "upper  d = \"1\"  lower1  d/a = \"1\"", "M /d Type")]
    [TestCase("a link in the place of a file", "upper  f -> \"x\"  lower1  f = \"1\"", "M /f Type")]
    [TestCase("a file that a lower whiteout hid is new again", "upper  f = \"1\"  lower1  f whiteout  lower2  f = \"0\"", "A /f New")]
    [TestCase("nothing", "lower1  a/b/c = \"1\"", "")]
    public void Changes_of(string title, string layers, string expected)
    {
        Assert.That(title, Is.Not.Empty);
        using var union = new TestUnion(2);
        foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(layers, @"(upper|lower\d)  (.*?)(?=  (?:upper|lower\d)  |$)"))
            union.With(match.Groups[1].Value, match.Groups[2].Value);
        using (var unmounted = SurveyTests.Unmounted(union))
        {
            Assert.That(unmounted.Changes(out var changes), Is.EqualTo(Errno.None));
            Assert.That(Describe(changes), Is.EqualTo(expected), "unmounted");
        }
        union.Open();
        Assert.That(Describe(Live(union)), Is.EqualTo(expected), "live");
    }

    [Test]
    public void Another_mode_of_a_directory_is_a_change_and_its_time_where_nothing_else_tells_of_it()
    {
        using var union = new TestUnion(1).With("lower1", "d/f = \"1\"  e/f = \"1\"  g/h/f = \"1\"").Open();
        Assert.That(union.Kernel.Chmod("d", 0x1C0) | union.Kernel.Create("e/n", []), Is.EqualTo(Errno.None));
        Assert.That(Describe(Live(union)), Is.EqualTo("M /d Metadata, A /e/n New"));
        Assert.That(union.Kernel.Remove("e/n", false) | union.Kernel.Create("g/h/n", []) | union.Kernel.Remove("g/h/f", false), Is.EqualTo(Errno.None));
        Assert.That(Describe(Live(union)), Is.EqualTo("M /d Metadata, M /e Time, D /g/h/f Whiteout, A /g/h/n New"));
    }

    // A copy of a file with several names lies in the index of links; the upper need not have any of its names.
    [TestCase(false)]
    [TestCase(true)]
    public void A_file_with_several_names_changed_through_one_is_changed_under_all(bool removeFirst)
    {
        using var union = new TestUnion(1).With("lower1", "d/a = \"1\"  d/b is d/a  d/e/c is d/a  f = \"2\"  g is f").Open();
        if (removeFirst) Assert.That(union.Kernel.Remove("d/a", false), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Write("d/b", "new"u8), Is.EqualTo(Errno.None));
        if (!removeFirst) Assert.That(union.Kernel.Remove("d/a", false), Is.EqualTo(Errno.None));
        const string Expected = "D /d/a Whiteout, M /d/b Copy, M /d/e/c Copy";
        Assert.That(Describe(Live(union)), Is.EqualTo(Expected));
        using var unmounted = SurveyTests.Unmounted(union);
        Assert.That(unmounted.Changes(out var changes), Is.EqualTo(Errno.None));
        Assert.That(Describe(changes), Is.EqualTo(Expected));
    }

    [Test]
    public void A_directory_moved_away_and_back_is_no_change()
    {
        using var union = new TestUnion(1).With("lower1", "a/x = \"1\"  d/y = \"1\"").Open();
        Assert.That(union.Kernel.Rename("a", "b", RenameFlags.None) | union.Kernel.Rename("b", "a", RenameFlags.None), Is.EqualTo(Errno.None));
        Assert.That(Describe(Live(union)), Is.Empty);
    }

    [Test]
    public void Another_attribute_of_a_directory_is_a_change_and_marks_are_not()
    {
        using var union = new TestUnion(1).With("lower1", "d/f = \"1\"  e/f = \"1\"").Open();
        union.Shell("setfattr -n user.same -v 1 lower1/d lower1/e");
        Assert.That(union.Kernel.Create("d/n", []) | union.Kernel.Create("e/n", []), Is.EqualTo(Errno.None)); // each with an origin mark
        Assert.That(Describe(Live(union)), Is.EqualTo("A /d/n New, A /e/n New"));
        union.Shell("setfattr -n user.same -v 2 upper/d; setfattr -n user.new -v 2 upper/e");
        Assert.That(Describe(Live(union)), Is.EqualTo("M /d Metadata, A /d/n New, M /e Metadata, A /e/n New"));
    }

    [Test]
    public void What_is_in_a_moved_directory_can_be_told_as_new()
    {
        using var union = new TestUnion(1)
            .With("lower1", "old/a = \"1\"  old/s/b = \"1\"  old/s/c = \"1\"  f = \"1\"")
            .With("upper", "old whiteout  new/ redirect=\"/old\"  new/a = \"2\"  new/s/b whiteout  new/s/n = \"n\"  f = \"2\"  new-er = \"1\"");
        using var unmounted = SurveyTests.Unmounted(union);
        Assert.That(unmounted.Changes(out var changes), Is.EqualTo(Errno.None));
        Assert.That(unmounted.ExpandMoves(changes), Is.EqualTo(Errno.None));
        Assert.That(Describe(changes), Is.EqualTo("M /f Copy, A /new Moved /old, A /new/a New, A /new/s New, A /new/s/c New, A /new/s/n New, A /new-er New, D /old Whiteout"));
    }

    [Test]
    public void Of_a_whole_copy_what_is_other_than_in_the_layers_is_a_change()
    {
        using var union = new TestUnion(2)
            .With("lower2", "d/same = \"1\"  d/longer = \"1\"  d/later = \"1\"  d/gone = \"1\"  d/hidden = \"1\"  e/x = \"1\"  f/x = \"1\"  g = \"1\"  link -> \"a\"  h/owned = \"1\"")
            .With("lower1", "d/hidden whiteout  d/upper = \"1\"  i/marked = \"1\"");
        union.Shell("cp -a lower2/. upper; cp -a lower1/d/upper upper/d/; cp -a lower1/i upper; rm upper/d/hidden; touch -r lower1/d upper/d");
        using var unmounted = SurveyTests.Unmounted(union);
        Assert.That(unmounted.ChangesOfCopy(out var changes), Is.EqualTo(Errno.None));
        Assert.That(Describe(changes), Is.Empty);

        union.Shell("cd upper; echo >>d/longer; touch -d tomorrow d/later; rm d/gone; echo >d/new; rm -r e; rm -r f; mkdir -m 700 f; rm g; mkdir g; ln -sfn b link; chmod 600 h/owned; setfattr -n user.a -v 1 i/marked");
        Assert.That(unmounted.ChangesOfCopy(out changes), Is.EqualTo(Errno.None));
        Assert.That(string.Join(' ', changes.Select(change => $"{ChangeText.Key(change.Kind)}{Encoding.UTF8.GetString(change.Path)}")),
            Is.EqualTo("D/d/gone M/d/later M/d/longer A/d/new D/e M/f D/f/x M/g M/h/owned M/i/marked M/link"));
    }

    [TestCase("03.5", "03", false, TestName = "A copy that keeps whole seconds is the same")]
    [TestCase("03", "03.5", true, TestName = "What was written within the second of its layer is a change")]
    public void Times_within_one_second(string below, string upper, bool isChange)
    {
        using var union = new TestUnion(1).With("lower1", "f = \"1\"");
        union.Shell($"touch -d 2001-01-01T00:00:{below} lower1/f; cp lower1/f upper/f; touch -d 2001-01-01T00:00:{upper} upper/f");
        using var unmounted = SurveyTests.Unmounted(union);
        Assert.That(unmounted.ChangesOfCopy(out var changes), Is.EqualTo(Errno.None));
        Assert.That(changes, Has.Count.EqualTo(isChange ? 1 : 0));
    }

    [Test]
    public void A_lower_directory_is_not_listed_for_its_changes()
    {
        using var union = new TestUnion(5).With("upper", "d/f = \"2\"  d/g whiteout  d/n = \"\"");
        for (var i = 1; i <= 5; i++) union.With($"lower{i}", $"d/f = \"1\"  d/g = \"1\"  d/h{i} = \"1\"");

        // Directories that may be searched and not be read: asking for names works in them, listing does not.
        union.Shell("chmod 111 lower*/d");
        OrdinaryUser.Run(() =>
        {
            using var unmounted = SurveyTests.Unmounted(union);
            Assert.That(unmounted.Changes(out var changes), Is.EqualTo(Errno.None));
            Assert.That(Describe(changes.Where(change => change.Reason != ChangeReason.Metadata)), Is.EqualTo("M /d/f Copy, D /d/g Whiteout, A /d/n New"));
        });
    }

    [Test]
    public void A_directory_that_cannot_be_understood_ends_the_list_with_its_error()
    {
        using var union = new TestUnion(1).With("upper", "d/ opaque=broken").With("lower1", "d/f = \"1\"").Open();
        Assert.That(ControlServerTests.Ask(union.Union, ControlKind.Changes, [], out _), Is.EqualTo(Errno.IO));
    }

    internal static List<Change> Live(TestUnion union)
    {
        Assert.That(ControlServerTests.Ask(union.Union, ControlKind.Changes, [], out var answer), Is.EqualTo(Errno.None));
        return ChangeText.Read(answer)!;
    }

    private static string Describe(IEnumerable<Change> changes) =>
        string.Join(", ", changes.Select(change => $"{ChangeText.Key(change.Kind)} {Encoding.UTF8.GetString(change.Path)} {change.Reason}{(change.From is { } from ? $" {Encoding.UTF8.GetString(from)}" : "")}"));
}
