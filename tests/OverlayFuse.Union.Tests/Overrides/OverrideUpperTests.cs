using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>An upper that keeps owners in marks, beside its contents: the fence, what is refused, and what "settle" and "check" say of it.</summary>
internal class OverrideUpperTests
{
    private const string Mark = "user.containers.override_stat";
    private static readonly TestUnion.Form Form = TestUnion.Form.OwnersInMarks;

    [Test]
    public void It_is_fenced_for_good()
    {
        using var union = new TestUnion(1, Form).With("lower1", "f = \"1\"").Open();
        Assert.That(Directory.Exists(Fence(union)), Is.True);

        var report = union.Settle(SettleForm.ForKernel);
        Assert.That(report.Problems.Select(problem => problem.Reason), Is.EqualTo(new[] { SettleSentences.KeepsOwnersInMarks }));
        Assert.That(union.Settle(SettleForm.Plain).Problems, Is.Empty);
        Assert.That(Directory.Exists(Fence(union)), Is.True);
    }

    [Test]
    public void Kernel_overlayfs_refuses_it()
    {
        if (!Scratch.IsRoot) Assert.Ignore("only root can ask kernel overlayfs");
        using var union = new TestUnion(1, Form).With("lower1", "f = \"1\"").Open();
        union.Close();
        const string TryIt = "mkdir -p merged; unshare -m sh -c 'mount -t overlay overlay -o lowerdir=lower1,upperdir=upper,workdir=work merged' 2>&1 && echo mounted || true";
        Assert.That(union.Shell(TryIt), Does.Not.Contain("mounted"));
        Directory.Delete(Fence(union));
        Assert.That(union.Shell(TryIt), Does.Contain("mounted"), "it is the fence that keeps the kernel away");
    }

    [Test]
    public void Check_explains_the_marks_and_finds_nothing_wrong()
    {
        using var union = new TestUnion(1, Form).With("lower1", "f = \"1\"  d/").Open();
        Assert.That(union.Kernel.Symlink("f", "l"), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chown("f", 5, 6), Is.EqualTo(Errno.None));
        union.Close();
        var report = Check(union);
        Assert.That(report.Problems.Select(finding => finding.Kind), Is.Empty);
        var explained = report.Findings.Where(finding => finding.Kind == "override").Select(Text).ToList();
        Assert.That(explained, Does.Contain("/f: shows as 5:6:0644:file, whatever it is in the upper").And.Count.EqualTo(3)); // with the root and the link
        Assert.That(report.Findings.Select(finding => finding.Kind), Does.Contain("fence"));
    }

    [TestCase($"setfattr -n {Mark} -v nonsense upper/f", "override-broken /f")]
    [TestCase($"setfattr -n {Mark} -v 0:0:0755:dir upper/f", "override-broken /f")]
    [TestCase("rmdir work/work/incompat/overlayfuse-override-stat", "fence-missing work/incompat/overlayfuse-override-stat")]
    public void Check_finds_what_is_wrong(string damage, string found)
    {
        using var union = new TestUnion(1, Form).With("lower1", "f = \"1\"").Open();
        Assert.That(union.Kernel.Chmod("f", 0x180), Is.EqualTo(Errno.None));
        union.Close();
        union.Shell(damage);
        Assert.That(Check(union).Problems.Select(finding => $"{finding.Kind} {System.Text.Encoding.UTF8.GetString(finding.Path)}"), Is.EqualTo(new[] { found }));
        union.Open();
    }

    [Test]
    public void A_change_of_nothing_but_the_place_of_the_owner_is_no_change()
    {
        using var union = new TestUnion(1, Form).With("lower1", "d/old = \"1\"  e/old = \"2\"").Open();
        Assert.That(union.Kernel.Create("d/new", [], 0x1A4), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chown("e", 5, 6), Is.EqualTo(Errno.None));
        union.Close();
        using var unmounted = new UnmountedUnion([Bytes($"{union.Path}/lower1")], [], Bytes(union.Upper), null, readOnly: false);
        Assert.That(unmounted.Changes(out var changes), Is.EqualTo(Errno.None));
        Assert.That(changes.Select(change => $"{change.Reason} {System.Text.Encoding.UTF8.GetString(change.Path)}"), Is.EquivalentTo(new[] { "New /d/new", "Metadata /e" }));
        union.Open();
    }

    [Test]
    public void Only_root_sets_the_marks_of_root()
    {
        OrdinaryUser.Run(() =>
        {
            using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser) { Options = "xattr_permissions=1" };
            Assert.That(Assert.Throws<MountException>(() => union.Open())!.Message, Does.Contain("xattr_permissions=2"));
        });
    }

    [Test]
    public void An_upper_of_another_form_goes_on_and_says_so()
    {
        using var union = new TestUnion(1, Form).With("lower1", "f = \"1\"").With("upper", "./ user.fuseoverlayfs.override_stat=\"0:0:40755\"").Open();
        Assert.That(union.Union.Remarks, Has.Exactly(1).Contains("user.fuseoverlayfs.override_stat already"));
    }

    private static string Fence(TestUnion union) => $"{union.Path}/work/work/incompat/overlayfuse-override-stat";

    private static CheckReport Check(TestUnion union) => UpperCheck.Run(union.Stack(), repair: false);

    private static string Text(Finding finding) => $"{System.Text.Encoding.UTF8.GetString(finding.Path)}: {finding.Text}";

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
