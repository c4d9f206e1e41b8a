using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class FenceTests
{
    private const string RootMount = "unshare -m sh -ec 'mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; ls merged'";
    private const string UserMount = "unshare -Urm sh -ec 'mount -t overlay overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work merged; ls merged'";

    private Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [TestCase(Fence.UserMarks, "overlayfuse-user-marks")]
    [TestCase(Fence.Partial, "overlayfuse-partial")]
    [TestCase(Fence.Overrides, "overlayfuse-override-stat")]
    public void A_fence_stands_until_it_is_lowered(Fence fence, string name)
    {
        using (var work = _scratch.OpenWork())
        {
            Assert.That(work.RaiseFence(fence), Is.EqualTo(Errno.None));
            Assert.That(work.RaiseFence(fence), Is.EqualTo(Errno.None));
        }
        Assert.That(Fences, Is.EqualTo(name));
        using (var work = _scratch.OpenWork())
        {
            Assert.That(work.LowerFence(fence), Is.EqualTo(Errno.None));
            Assert.That(work.LowerFence(fence), Is.EqualTo(Errno.None));
            Assert.That(Fences, Is.Empty);
            Assert.That(work.RaiseFence(fence), Is.EqualTo(Errno.None));
            Assert.That(Fences, Is.EqualTo(name));
        }
    }

    [TestCase("chmod f 600,write f \"new\"", false)]
    [TestCase("chmod f 600,rm f", false)]
    [TestCase("mv f g,write g \"new\"", false)]
    [TestCase("mv d e,rm e/a,rmdir e", false)]
    [TestCase("chmod f 600", true)]
    [TestCase("chmod f 600,mv d e,write f \"new\"", true)]
    [TestCase("chmod f 600,link f g,rm f", true)]
    [TestCase("chmod f 600,again,write f \"new\"", true)]
    public void The_fence_falls_with_the_mount_that_raised_it_when_no_mark_came_to_stay(string actions, bool stays) => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("lower1", "d/a = \"a\"  f = \"f\"").Open();
        foreach (var action in actions.Split(','))
        {
            if (action == "again") union.Close();
            if (action == "again") union.Open();
            else Assert.That(new Script(union.Actor).Do(action), Is.Null);
        }
        Assert.That(Directory.Exists($"{union.Path}/work/work/incompat/overlayfuse-user-marks"), Is.True);
        union.Close();
        Assert.That(Directory.Exists($"{union.Path}/work/work/incompat/overlayfuse-user-marks"), Is.EqualTo(stays));
    });

    [Test]
    public void Lowering_one_fence_leaves_the_other()
    {
        using var work = _scratch.OpenWork();
        work.RaiseFence(Fence.UserMarks);
        work.RaiseFence(Fence.Partial);
        work.LowerFence(Fence.UserMarks);
        Assert.That(Fences, Is.EqualTo("overlayfuse-partial"));
    }

    [Test]
    public void Trusted_marks_need_no_fence()
    {
        using var work = _scratch.OpenWork(MarkFamily.Trusted);
        Assert.That(work.RaiseFence(Fence.UserMarks), Is.EqualTo(Errno.None));
        Assert.That(Directory.Exists($"{_scratch.Path}/work/work"), Is.False);
    }

    [Test]
    public void A_fence_that_is_a_file_counts_too()
    {
        _scratch.Shell("mkdir -p work/work/incompat; echo > work/work/incompat/overlayfuse-partial");
        using var work = _scratch.OpenWork();
        Assert.That(work.RaiseFence(Fence.Partial), Is.EqualTo(Errno.None));
        Assert.That(work.LowerFence(Fence.Partial), Is.EqualTo(Errno.None));
        Assert.That(Fences, Is.Empty);
    }

    [Test]
    public void A_fence_is_raised_in_a_work_directory_that_the_kernel_left_shut()
    {
        OrdinaryUser.Run(() =>
        {
            using var scratch = new Scratch();
            scratch.Shell("mkdir work/work; chmod 0 work/work");
            using var work = scratch.OpenWork();
            Assert.That(work.RaiseFence(Fence.UserMarks), Is.EqualTo(Errno.None));
            Assert.That(scratch.Shell("ls work/work/incompat"), Is.EqualTo("overlayfuse-user-marks"));
        });
    }

    [Test]
    public void Raising_a_raised_fence_allocates_nothing()
    {
        using var work = _scratch.OpenWork();
        work.RaiseFence(Fence.Partial);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) work.RaiseFence(Fence.Partial);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [TestCase(MarkFamily.Trusted, Fence.Partial, RootMount)]
    [TestCase(MarkFamily.User, Fence.Partial, RootMount)]
    [TestCase(MarkFamily.User, Fence.UserMarks, RootMount)]
    [TestCase(MarkFamily.User, Fence.Partial, UserMount)]
    [TestCase(MarkFamily.User, Fence.UserMarks, UserMount)]
    public void The_kernel_mounts_only_without_fences_and_leaves_ours_alone(MarkFamily family, Fence fence, string mount)
    {
        _scratch.Shell("mkdir lower merged; echo > lower/seen; echo > upper/copy");
        RequireKernelOverlay(mount);
        using (var work = _scratch.OpenWork(family))
        {
            work.LayerNumbers.NumberOf("layer"u8);
            work.InodeNumbers.Find(1, ulong.MaxValue, out _);
            work.Origins.Add(1, default, 2);
            work.LinkIndex.Add(1, 2, _scratch.Upper, "copy"u8);
            work.WidenJournal.Record(1, 0, "copy"u8, out _);
            Assert.That(work.RaiseFence(fence), Is.EqualTo(Errno.None));
        }
        _scratch.Shell("cd work/overlayfuse; mkdir -p temp/d orphans/d; echo > temp/d/f; echo > orphans/o; echo > partial/map");
        var before = Contents();

        Assert.That(_scratch.Run(mount).Code, Is.Not.Zero);
        Assert.That(Contents(), Is.EqualTo(before));
        Assert.That(Fences, Is.Not.Empty);

        // By hand, since opening would sweep what is to be compared.
        _scratch.Shell("rmdir work/work/incompat/overlayfuse-*");
        Assert.That(_scratch.Run(mount), Is.EqualTo((0, "copy\nseen")));
        Assert.That(Contents(), Is.EqualTo(before));

        using (var work = _scratch.OpenWork(family)) Assert.That(work.LinkIndex.Contains(1, 2), Is.True);
    }

    [Test]
    public void The_kernel_mounts_again_what_was_fenced_and_lowered()
    {
        _scratch.Shell("mkdir lower merged; echo > lower/seen");
        RequireKernelOverlay(UserMount);
        using (var work = _scratch.OpenWork())
        {
            work.RaiseFence(Fence.UserMarks);
            Assert.That(_scratch.Run(UserMount).Code, Is.Not.Zero);
            work.LowerFence(Fence.UserMarks);
        }
        Assert.That(_scratch.Run(UserMount), Is.EqualTo((0, "seen")));
        using (var work = _scratch.OpenWork()) Assert.That(work.RaiseFence(Fence.UserMarks), Is.EqualTo(Errno.None));
        Assert.That(_scratch.Run(UserMount).Code, Is.Not.Zero);
    }

    private string Fences => _scratch.Shell("ls work/work/incompat");

    /// <summary>Every byte, inode, mode, owner and time of change.</summary>
    private string Contents() => _scratch.Shell(
        "cd work/overlayfuse; find . -printf '%P %i %n %y %m %U %s %T@ %C@ %l\n' | sort; find . -type f -exec sha256sum {} + | sort; getfattr -R -P -h -d -m - .");

    private void RequireKernelOverlay(string mount)
    {
        var (code, output) = _scratch.Run($"mkdir -p try/lower try/upper try/work try/merged; cd try; {mount}");
        if (code != 0) Assert.Ignore($"no kernel overlayfs here: {output}");
    }
}
