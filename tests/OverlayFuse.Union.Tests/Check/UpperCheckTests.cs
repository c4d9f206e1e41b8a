using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Every kind of damage: it is found, and repaired where that needs no guess; what is sound is left alone.</summary>
internal class UpperCheckTests
{
    // $M stands for the prefix of the marks, $O for WORKDIR/overlayfuse. What the repair leaves is named in the third column.
    private static readonly (string Plant, string Found, string Left)[] Damages =
    [
        // Marks of the upper: broken values.
        ("setfattr -n $M.opaque -v yes upper/moved", "opaque-broken /moved", "opaque-broken /moved"),
        ("setfattr -n $M.opaque -v yes upper/own", "opaque-broken /own", ""),
        ("setfattr -n $M.opaque -v n upper/own", "mark-meaningless /own", ""),
        ("setfattr -n $M.redirect -v a/b upper/moved", "redirect-broken /moved", "redirect-broken /moved"),
        ("setfattr -n $M.redirect -v /no/where upper/moved", "redirect-nowhere /moved", "redirect-nowhere /moved"),
        ("rm -r lower1/d", "redirect-nowhere /moved", "redirect-nowhere /moved"),
        ("mkdir upper/own/z && setfattr -n $M.redirect -v /d upper/own/z", "redirect-twice /own/z", "redirect-twice /own/z"),
        ("rm upper/d && mkdir upper/d", "redirect-twice /moved", "redirect-twice /moved"),
        ("setfattr -n $M.metacopy -v ab upper/meta", "metacopy-broken /meta", "metacopy-broken /meta"),
        ("rm lower1/meta", "metacopy-without-data /meta", "metacopy-without-data /meta"),
        ("echo longer >>lower1/meta", "metacopy-size /meta", "metacopy-size /meta"),
        ("setfattr -n $M.redirect -v /no/where upper/meta", "metacopy-without-data /meta", "metacopy-without-data /meta"),
        ("setfattr -n $M.origin -v xyz upper/full", "origin-broken /full", ""),
        ("setfattr -n $M.impure -v n upper/own", "mark-meaningless /own", ""),
        ("setfattr -n $M.protattr -v q upper/full", "mark-meaningless /full", ""),
        ("setfattr -n $M.uuid -v short upper", "mark-meaningless /", ""),
        ("setfattr -n $M.later -v 1 upper/full", "mark-unknown /full", "mark-unknown /full"),

        // Marks where they mean nothing.
        ("setfattr -n $M.opaque -v y upper/full", "mark-meaningless /full", ""),
        ("setfattr -n $M.redirect -v /x upper/full", "", ""), // kernel overlayfs leaves it
        ("setfattr -n $M.redirect -v /x upper/made", "mark-meaningless /made", ""),
        ("setfattr -n $M.metacopy upper/own", "mark-meaningless /own", ""),
        ("setfattr -n $M.whiteout -v y upper/full", "whiteout-stray /full", "whiteout-stray /full"),
        ("setfattr -n $M.nlink -v U+1 upper/full", "nlink-stray /full", ""),
        ("setfattr -n $M.nlink -v many upper/full", "nlink-stray /full", ""),
        ("setfattr -n $M.upper -v y upper/full", "mark-meaningless /full", ""),

        // Names of the upper.
        ("mknod upper/made/x c 0 0", "whiteout-needless /made/x", ""),
        ("mkdir upper/made/deep && mknod upper/made/deep/x c 0 0", "whiteout-needless /made/deep/x", ""),
        ("touch upper/.wh..", "name-reserved /.wh..", "name-reserved /.wh.."),

        // The work directory.
        ("touch $O/temp/#5 && mkdir $O/temp/#6", "leftovers overlayfuse/temp", ""),
        ("touch $O/orphans/12", "leftovers overlayfuse/orphans", ""),
        ("echo 'overlayfuse 99' >$O/format", "format-unknown overlayfuse/format", "format-unknown overlayfuse/format"),
        ("rm $O/format", "format-missing overlayfuse/format", ""),
        (": >$O/format", "format-missing overlayfuse/format", ""),
        ("head -c 14 /dev/zero >$O/format", "format-missing overlayfuse/format", ""),
        ("touch $O/format.new", "unfinished overlayfuse/format.new", ""),
        ("mkdir $O/mine", "foreign overlayfuse/mine", "foreign overlayfuse/mine"),
        ("touch $O/partial/1-2", "partial-without-file overlayfuse/partial/1-2", ""),
        ("touch $O/widened/zz", "foreign overlayfuse/widened/zz", "foreign overlayfuse/widened/zz"),
        ("ln -s \"0444 $(printf %x $(stat -c %i upper/full)) full\" $O/widened/1", "widened overlayfuse/widened/1", ""),
        ("touch $O/orphans/#5 && ln -s '0 new' $O/moves/#5", "half-moved overlayfuse/moves/#5, leftovers overlayfuse/orphans", ""),
        ("printf 'ofuse-o1garbage' >$O/origins", "records-torn overlayfuse/origins", ""),
        ("printf x | dd of=$O/origins bs=1 seek=20 conv=notrunc 2>/dev/null", "records-torn overlayfuse/origins", ""),
        ("printf 'tail' >>$O/layers", "records-torn overlayfuse/layers", ""),
        ("printf 'ofuse-i9' >$O/inodes", "records-unknown overlayfuse/inodes", "records-unknown overlayfuse/inodes"),
        ("echo nonsense >$O/stack", "stack-broken overlayfuse/stack", ""),
        ("rm upper/full", "origins-without-object overlayfuse/origins", ""),

        // Hard links.
        ("touch $O/links/mine", "link-foreign overlayfuse/links/mine", "link-foreign overlayfuse/links/mine"),
        ("rm upper/link && mknod upper/link c 0 0 && rm $O/links/*", "link-lost overlayfuse/links/LINK", "link-lost overlayfuse/links/LINK"),
        ("rm upper/link $O/links/*", "origins-without-object overlayfuse/origins", ""), // as where the copy was never finished
        ("setfattr -n $M.nlink -v U+7 upper/link", "nlink-wrong overlayfuse/links/LINK", ""),
        ("setfattr -x $M.nlink upper/link", "nlink-wrong overlayfuse/links/LINK", ""),
        ("setfattr -n $M.nlink -v some upper/link", "nlink-wrong overlayfuse/links/LINK", ""),
        ("cp -p upper/full $O/links/1-2", "link-unreachable overlayfuse/links/1-2", ""),
        ("cp -p upper/full $O/links/77-2", "link-unreachable overlayfuse/links/77-2", "link-unreachable overlayfuse/links/77-2"),

        // Fences.
        ("mkdir -p work/work/incompat/later", "fence-unknown work/incompat/later", "fence-unknown work/incompat/later"),
        ("mkdir -p work/work/incompat/volatile/dirty", "volatile work/incompat/volatile", "volatile work/incompat/volatile"),
        ("mkdir -p work/work/incompat/overlayfuse-user-marks; setfattr -x user.overlay.redirect upper/moved 2>/dev/null || true; setfattr -x user.overlay.metacopy upper/meta 2>/dev/null || true", "fence-needless work/incompat/overlayfuse-user-marks", ""),
        ("rm -rf work/work/incompat; setfattr -n user.overlay.redirect -v /d upper/moved", "fence-missing work/incompat/overlayfuse-user-marks", ""),
    ];

    [TestCaseSource(nameof(Plants))]
    public void Damage_is_found_and_repaired_without_a_guess(string plant, string found, string left, bool ordinaryUser)
    {
        if (ordinaryUser) OrdinaryUser.Run(() => Run(plant, found, left));
        else Run(plant, found, left);
    }

    // Root reads all.
    [TestCase("chmod 0 upper/meta", "mark-unreadable /meta, mark-unreadable /meta")] // metacopy and origin
    [TestCase("chmod 0 upper/own", "unreadable /own")]
    [TestCase("chmod 0 lower1/n", "links-uncounted overlayfuse/links")]
    public void What_cannot_be_read_is_told_and_left(string plant, string found) => OrdinaryUser.Run(() => Run(plant, found, found));

    [Test]
    public void Every_kind_of_problem_is_planted()
    {
        var kinds = Words("src/OverlayFuse.Union/Check", @"\.Problem\(\s*""([a-z-]+)""").ToHashSet();
        Assert.That(kinds, Has.Count.GreaterThan(30));
        var planted = Words("tests/OverlayFuse.Union.Tests", @"[ ""]([a-z-]+)(?=[ ""])");
        Assert.That(kinds.Except(planted), Is.Empty);
    }

    private static IEnumerable<string> Words(string directory, string pattern) =>
        from file in Directory.GetFiles(Path.Combine(Generated.Root(), directory), "*.cs", SearchOption.AllDirectories)
        from match in Regex.Matches(File.ReadAllText(file), pattern)
        select match.Groups[1].Value;

    [TestCase(false)]
    [TestCase(true)]
    public void A_sound_upper_has_no_problem_and_every_mark_is_explained(bool ordinaryUser)
    {
        if (ordinaryUser) OrdinaryUser.Run(Sound);
        else Sound();

        static void Sound()
        {
            using var union = Written();
            var before = Everything(union);
            var report = UpperCheck.Run(union.Stack(), repair: true);
            Assert.That(Problems(report, all: true), Is.Empty);
            Assert.That(report.Findings.Select(f => f.Kind).Distinct(), Is.SupersetOf(new[] { "redirect", "metacopy", "origin", "impure", "opaque", "whiteout", "nlink", "link" }));
            Assert.That(Everything(union), Is.EqualTo(before), "a check changes nothing");
        }
    }

    [TestCaseSource(typeof(UpperCheckTests), nameof(CaseFiles))]
    public void What_any_changes_leave_is_sound(Case example)
    {
        using var union = new TestUnion(example.LowerCount);
        example.MakeLayers(union, withUpper: false);
        union.Open();
        _ = example.Play(union); // without the upper some actions fail, which is as well
        union.Close();
        Assert.That(Problems(UpperCheck.Run(union.Stack(), repair: false), all: true), Is.Empty);
        Settlement.Run(union.Stack(), SettleForm.Plain);
        Assert.That(Problems(UpperCheck.Run(union.Stack(), repair: false), all: true), Is.Empty, "settled");
    }

    [TestCase("rm d", "has 2 of them, and 1 ")]
    [TestCase("rm d,rm c,rm a", "has none of them, and 1 ")]
    public void A_name_that_a_lower_layer_hides_is_counted_and_no_problem(string removals, string explanation)
    {
        using var union = new TestUnion(2).With("lower1", "b whiteout").With("lower2", "a = \"a\"  b is a  c is a  d is a").Open();
        foreach (var action in (string[])["write a \"A\"", .. removals.Split(',')]) Assert.That(new Script(union.Actor).Do(action), Is.Null);
        union.Close();
        var report = UpperCheck.Run(union.Stack(), repair: false);
        Assert.That(Problems(report, all: true), Is.Empty);
        Assert.That(report.Findings.Single(f => f.Kind == "link").Text, Does.Contain(explanation));
    }

    [Test]
    public void A_live_mount_keeps_it_out()
    {
        using var union = new TestUnion(1).With("lower1", "a = \"a\"").Open();
        Assert.That(Assert.Throws<Fuse.MountException>(() => UpperCheck.Run(union.Stack(), repair: false))!.Message, Does.Contain("in use by a live mount"));
    }

    private static void Run(string plant, string found, string left)
    {
        using var union = Written();
        var link = Path.GetFileName(Directory.GetFileSystemEntries($"{union.Path}/work/overlayfuse/links").Single());
        union.Shell($"M={(union.Family == MarkFamily.Trusted ? "trusted" : "user")}.overlay; O=work/overlayfuse\n{plant}");
        var planted = Everything(union);
        var report = UpperCheck.Run(union.Stack(), repair: false);
        (found, left) = (found.Replace("LINK", link, StringComparison.Ordinal), left.Replace("LINK", link, StringComparison.Ordinal));
        Assert.That(Problems(report, all: true), Is.EqualTo(found));
        Assert.That(Everything(union), Is.EqualTo(planted), "without --repair nothing is changed");
        Assert.That(report.Problems.Select(f => f.CanRepair), Is.All.EqualTo(left.Length == 0));
        Assert.That(report.Problems.Select(f => f.Remedy), Has.None.Null, "each says what to do");

        Assert.That(Problems(UpperCheck.Run(union.Stack(), repair: true), all: false), Is.EqualTo(left), "after the repair");
        Assert.That(Problems(UpperCheck.Run(union.Stack(), repair: false), all: true), Is.EqualTo(left), "and when looked at again");
    }

    private static TestUnion Written()
    {
        var union = new TestUnion(1).With("lower1", "d/a = \"a\"  meta = \"m\"  full = \"f\"  link = \"l\"  n/link2 is link  gone = \"g\"  made/x = \"x\"  keep/y = \"y\"").Open();
        string[] actions = ["mv d moved", "chmod meta 600", "write full \"F\"", "write link \"L\"", "rm gone", "rm made/x", "rmdir made", "mkdir made", "create made/new \"n\"", "mkdir own"];
        foreach (var action in actions) Assert.That(new Script(union.Actor).Do(action), Is.Null);
        union.Close();
        return union;
    }

    private static string Problems(CheckReport report, bool all) =>
        string.Join(", ", report.Problems.Where(f => all || !f.IsRepaired).Select(f => $"{f.Kind} {Encoding.UTF8.GetString(f.Path)}"));

    private static string Everything(TestUnion union) =>
        union.Shell("find upper work ! -path work/overlayfuse/lock -printf '%p %y %m %s %T@ %i %n %l\\n' | sort; getfattr -R -h -d -m - -e hex upper work 2>/dev/null | sort");

    private static IEnumerable<TestCaseData> Plants() =>
        from damage in Damages
        from user in (bool[])[false, true]
        select new TestCaseData(damage.Plant, damage.Found, damage.Left, user).SetName($"Damage_is_found: {damage.Plant} ({(user ? "ordinary user" : "own rights")})");

    private static IEnumerable<TestCaseData> CaseFiles() =>
        ((string[])["remove.txt", "create.txt", "rename.txt", "copyup.txt"]).SelectMany(Case.ReadAll).Where(c => !c.Needs("mount"))
            .Select(example => new TestCaseData(example).SetName($"What_any_changes_leave_is_sound: {example.Title}"));
}
