using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Every upper that the cases make, settled: the union is the same, and nothing is left that others would misread.</summary>
internal class SettleTests
{
    private static readonly string[] Files = ["lookup.txt", "remove.txt", "create.txt", "rename.txt", "copyup.txt", "settle.txt"];

    // Marks that are broken, or lead nowhere: what cannot be read cannot be settled.
    private static readonly string[] Broken = ["broken", "without its", "nowhere", "refused", "cannot be read"];

    [TestCaseSource(nameof(Cases))]
    public void After_any_changes(Case example, SettleForm form, bool ordinaryUser)
    {
        if (ordinaryUser) OrdinaryUser.Run(() => Run(example, form));
        else Run(example, form);
    }

    [TestCase(SettleForm.Plain)]
    [TestCase(SettleForm.ForKernel)]
    public void Stopped_by_a_full_disk_at_any_point_it_ends_the_same_the_next_time(SettleForm form)
    {
        if (!Scratch.IsRoot) Assert.Ignore("only root can mount a small file system");
        var mount = Directory.CreateTempSubdirectory("overlayfuse-small-").FullName;
        using var outside = new Scratch();
        outside.Shell($"mount -t tmpfs -o size=3m,nr_inodes=300 tmpfs {mount}");
        try
        {
            var stopped = 0;
            string[]? settled = null;
            for (var free = 0; free < 16; free++)
            {
                using var union = Moved(mount);
                var before = LayerText.Describe(union.Kernel);
                union.Close();
                union.Shell($"n=0; left=$(df --output=iavail . | tail -1); while [ $n -lt $((left - {free})) ]; do : >../fill.$n; n=$((n + 1)); done");
                SettleReport report;
                try
                {
                    report = Settlement.Run(union.Stack(), form);
                    stopped += report.IsSettled ? 0 : 1;
                }
                catch (Fuse.MountException)
                {
                    stopped++; // not even the work directory could be opened
                }
                union.Shell("rm -f ../fill.*");
                union.Open();
                Assert.That(LayerText.Describe(union.Kernel), Is.EqualTo(before), $"the union, {free} inodes free");
                Assert.That(union.Settle(form).Problems.Select(p => p.Reason), Is.Empty);
                union.Kernel.ForgetAll();
                Assert.That(LayerText.Describe(union.Upper), Is.EqualTo(settled ??= LayerText.Describe(union.Upper)), $"the upper, {free} inodes free");
                Assert.That(union.Leftovers(), Is.Empty);
            }
            Assert.That(stopped, Is.GreaterThan(0), "it was never stopped");
        }
        finally
        {
            outside.Shell($"umount {mount}; rmdir {mount}");
        }
    }

    [Test]
    public void The_fence_falls_when_the_last_user_mark_is_gone_and_not_before() => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("lower1", "d/a = \"a\"  d/locked = \"x\"  f = \"f\"").Open();
        Assert.That(union.Kernel.Rename("d", "moved"), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod("f", 0x180), Is.EqualTo(Errno.None));
        union.Shell("chmod 0 lower1/d/locked"); // the owner himself cannot copy it
        var fence = $"{union.Path}/work/work/incompat/overlayfuse-user-marks";
        Assert.That(fence, Does.Exist);

        var report = union.Settle(SettleForm.ForKernel);
        Assert.That(report.Problems.Select(p => System.Text.Encoding.UTF8.GetString(p.Path)), Is.EqualTo(new[] { "/moved/locked" }));
        Assert.That(report.Files, Is.EqualTo(2), "all else is done");
        Assert.That(fence, Does.Exist);

        union.Shell("chmod 644 lower1/d/locked");
        Assert.That(union.Settle(SettleForm.ForKernel).IsSettled, Is.True);
        Assert.That(fence, Does.Not.Exist);
        Assert.That(string.Join("  ", LayerText.Describe(union.Upper)), Is.EqualTo("d whiteout  f = \"f\"  moved/ opaque  moved/a = \"a\"  moved/locked = \"x\""));
    });

    [Test]
    public void Settling_changes_no_time_and_no_mode_of_an_own_directory_that_is_shut() => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("lower1", "d/s/a = \"a\"  d/s/b = \"b\"");
        union.Shell("chmod 444 lower1/d/s/a; chmod 555 lower1/d/s lower1/d; touch -d 2001-02-03 lower1/d/s lower1/d");
        union.Open();
        Assert.That(union.Kernel.Rename("d", "moved"), Is.EqualTo(Errno.None));
        Assert.That(union.Settle(SettleForm.ForKernel).Problems.Select(p => p.Reason), Is.Empty);
        Assert.That(union.Shell("cd upper && find moved -printf '%P %m %TY\\n' | sort"), Does.Match("^555 2001\ns 555 2001\ns/a 444 .*\ns/b 644 .*$"));
        Assert.That(union.Shell("find work/overlayfuse/widened -mindepth 1"), Is.Empty);
    });

    [Test]
    public void A_trusted_redirect_is_the_kernels_own_and_stays()
    {
        if (!Scratch.IsRoot) Assert.Ignore("trusted marks are for root");
        using var union = new TestUnion(1).With("lower1", "d/a = \"a\"  f = \"f\"").Open();
        Assert.That(union.Kernel.Rename("d", "moved"), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod("f", 0x180), Is.EqualTo(Errno.None));
        Assert.That(union.Settle(SettleForm.ForKernel).IsSettled, Is.True);
        Assert.That(string.Join("  ", LayerText.Describe(union.Upper)), Is.EqualTo("d whiteout  f metacopy(1)  moved/ redirect=\"/d\""));
    }

    [Test]
    public void A_live_mount_keeps_it_out()
    {
        using var union = new TestUnion(1).With("lower1", "a = \"a\"").Open();
        Assert.That(Assert.Throws<Fuse.MountException>(() => Settlement.Run(union.Stack(), SettleForm.Plain))!.Message, Does.Contain("in use by a live mount"));
    }

    private static TestUnion Moved(string above)
    {
        var union = new TestUnion(1, above: above).With("lower1", "d/a = \"a\"  d/s/b = \"b\"  d/s/c = \"c\"  m = \"m\"  l1 = \"l\"  n/l2 is l1  gone = \"g\"").Open();
        foreach (var action in (string[])["mv d moved", "rm moved/s/c", "mv m d", "chmod d 600", "write l1 \"new\"", "rm gone"]) Assert.That(new Script(union.Actor).Do(action), Is.Null);
        return union;
    }

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (var example in Files.SelectMany(Case.ReadAll).Where(c => !c.Needs("mount") && !Broken.Any(c.Title.Contains)))
        {
            foreach (var form in (SettleForm[])[SettleForm.ForKernel, SettleForm.Plain])
            {
                foreach (var user in example.Needs("root") ? (bool[])[false] : [false, true])
                    yield return new TestCaseData(example, form, user).SetName($"{example.Title.Replace(' ', '_')} ({form}, {(user ? "ordinary user" : "own rights")})");
            }
        }
    }

    private static void Run(Case example, SettleForm form)
    {
        using var union = new TestUnion(example.LowerCount);
        example.MakeLayers(union);
        union.Open();
        Assert.That(example.Play(union), Is.Empty);
        var before = Shown(union);
        Assert.That(union.Settle(form).Problems.Select(p => p.Reason), Is.Empty);
        Assert.That(Shown(union), Is.EqualTo(before), "the union");
        union.Kernel.ForgetAll();
        var upper = LayerText.Describe(union.Upper);
        if (form == SettleForm.Plain || union.Family == MarkFamily.User)
            Assert.That(upper.Where(item => item.Contains("redirect", StringComparison.Ordinal) || item.Contains("metacopy", StringComparison.Ordinal)), Is.Empty);
        Assert.That(Within($"{union.Path}/work/work").Concat(Within($"{union.Path}/work/overlayfuse/links")).Where(path => Path.GetFileName(path) != "incompat"), Is.Empty, "fences and the index");
        Assert.That(union.Leftovers(), Is.Empty);

        var again = union.Settle(form);
        Assert.That((again.Directories, again.Files, again.Links, again.Removed), Is.EqualTo((0, 0, 0, 0)), "what the second time finds to do");
        Assert.That(LayerText.Describe(union.Upper), Is.EqualTo(upper));
        Assert.That(union.Lowers(), Is.EqualTo(union.LowersBefore), "the lower layers");
    }

    private static string[] Within(string directory) => Directory.Exists(directory) ? Directory.GetFileSystemEntries(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = 0 }) : [];

    // With the inode numbers and link counts of everything.
    private static string[] Shown(TestUnion union)
    {
        var items = LayerText.Describe(union.Kernel);
        var names = items.Select(item => item.Split(' ')[0].TrimEnd('/')).Where(name => name.Length > 0).Distinct();
        var statuses = names.Select(name => union.Kernel.Find(name, out var entry) == Errno.None
            ? $"{name} {entry.Attributes.Inode:x} {entry.Attributes.Mode:x} {(Mode.TypeOf(entry.Attributes.Mode) == FileType.Directory ? "" : $"{entry.Attributes.Size} {entry.Attributes.LinkCount}")} {entry.Attributes.ModifySeconds}.{entry.Attributes.ModifyNanoseconds}"
            : $"{name} !");
        return [.. items, .. statuses];
    }
}
