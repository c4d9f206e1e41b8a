using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class JudgeTests
{
    [TestCase("nothing", false, "LookBelow")]
    [TestCase("nothing", true, "LookBelow")]
    [TestCase("whiteout", false, "Hidden")]
    [TestCase("whiteout", true, "StopBeforeThis")]
    [TestCase("file", false, "FoundAndStop")]
    [TestCase("file", true, "StopBeforeThis")]
    [TestCase("directory", false, "FoundAndMerge")]
    [TestCase("directory", true, "FoundAndMerge")]
    [TestCase("opaque directory", false, "FoundAndStop")]
    [TestCase("opaque directory", true, "FoundAndStop")]
    [TestCase("directory under a mount", false, "FoundAndStop")]
    [TestCase("directory under a mount", true, "FoundAndStop")]
    [TestCase("file under a mount", false, "FoundAndStop")]
    [TestCase("file under a mount", true, "StopBeforeThis")]
    public void What_one_layer_says(string entry, bool isDirectorySoFar, string verdict)
    {
        var judged = Union.Lookup.Judge(
            new LayerEntry
            {
                Kind = entry.Contains("directory") ? EntryKind.Directory : entry.Contains("file") ? EntryKind.File : entry == "whiteout" ? EntryKind.Whiteout : EntryKind.Absent,
                IsOpaque = entry.Contains("opaque"),
                IsCovered = entry.Contains("mount"),
            },
            isDirectorySoFar);
        Assert.That(judged.ToString(), Is.EqualTo(verdict));
    }

    [TestCase("", "None", "None", false)]
    [TestCase("user.a security.selinux", "None", "None", false)]
    [TestCase("trusted.overlay.opaque", "Opaque", "None", false)]
    [TestCase("user.overlay.redirect user.overlay.metacopy", "None", "Redirect, Metacopy", false)]
    [TestCase("trusted.overlay.origin user.overlay.origin trusted.overlay.impure", "Origin, Impure", "Origin", false)]
    [TestCase("trusted.overlay.whiteout trusted.overlay.nlink", "Whiteout, Nlink", "None", false)]
    [TestCase("trusted.overlay.overlay.opaque user.overlay.overlay.redirect", "None", "None", false)]
    [TestCase("trusted.overlay. trusted.overlay.opaqu trusted.overlay.opaque2", "Unknown", "None", false)]
    [TestCase("user.fuseoverlayfs.opaque", "None", "None", true)]
    [TestCase("user.fuseoverlayfs.origin", "None", "None", false)]
    public void Marks_are_picked_out_of_a_list(string list, string trusted, string user, bool fuseOverlayFs)
    {
        var marks = FoundMarks.Parse(Encoding.UTF8.GetBytes(list.Replace(' ', '\0') + '\0'));
        Assert.That((marks.Trusted.ToString(), marks.User.ToString(), marks.FuseOverlayFsOpaque), Is.EqualTo((trusted, user, fuseOverlayFs)));
        Assert.That(marks.IsEmpty, Is.EqualTo(trusted == "None" && user == "None" && !fuseOverlayFs));
    }

    [Test]
    public void A_trusted_mark_goes_before_one_that_anybody_could_set()
    {
        var marks = FoundMarks.Parse("user.overlay.redirect\0trusted.overlay.redirect\0user.overlay.metacopy\0"u8);
        Assert.That(marks.FamilyOf(MarkSet.Redirect), Is.EqualTo(MarkFamily.Trusted));
        Assert.That(marks.FamilyOf(MarkSet.Metacopy), Is.EqualTo(MarkFamily.User));
    }

    [Test]
    public void A_list_that_does_not_end_is_read_as_far_as_it_goes() =>
        Assert.That(FoundMarks.Parse("user.overlay.opaque\0user.overlay.redirect"u8).User, Is.EqualTo(MarkSet.Opaque));
}
