using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli.Tests;

public sealed class MountPlannerTests
{
    private const string Full = "lowerdir=/a,upperdir=/u,workdir=/w";

    private static readonly Caller Root = new(IsRoot: true, InUserNamespace: false, B("/home"));
    private static readonly Caller RootInside = new(IsRoot: true, InUserNamespace: true, B("/home"));
    private static readonly Caller User = new(IsRoot: false, InUserNamespace: false, B("/home"));

    [Test]
    public void Relative_paths_become_absolute()
    {
        var job = Plan(MountForm.Verb, "lowerdir=a:/b,upperdir=u,workdir=./w", Root, mountPoint: "m");
        Assert.That(job.Union.LowerDirectories.Select(S), Is.EqualTo(new[] { "/home/a", "/b" }));
        Assert.That(S(job.Union.UpperDirectory!), Is.EqualTo("/home/u"));
        Assert.That(S(job.Union.WorkDirectory!), Is.EqualTo("/home/./w"));
        Assert.That(S(job.Union.MountPoint), Is.EqualTo("/home/m"));
        Assert.That(S(new Caller(true, false, B("/")).Absolute(B("a"))), Is.EqualTo("/a"));
    }

    [Test]
    public void Root_gets_devices_suid_and_other_users_from_the_verb()
    {
        var job = Plan(MountForm.Verb, Full, Root);
        Assert.That(job.Flags, Is.EqualTo(MountFlags.None));
        Assert.That(job.AllowOther, Is.True);
    }

    [TestCase("context=\"u:r:t:s0:c1,c2\"", "context=\"u:r:t:s0:c1,c2\"")]
    [TestCase("rootcontext=u:r:t:s0,defcontext=\"u:r:d:s0:c1,c2\"", "rootcontext=u:r:t:s0,defcontext=\"u:r:d:s0:c1,c2\"")]
    public void Labels_go_to_the_kernel_as_they_are_written(string list, string labels)
    {
        Assert.That(S(Plan(MountForm.DropIn, $"{Full},{list}", Root with { HasSELinux = true }).Labels), Is.EqualTo(labels));
        foreach (var (caller, why) in new[] { (Root, "SELinux is not on here"), (User with { HasSELinux = true }, "only root"), (RootInside with { HasSELinux = true }, "only root") })
        {
            var options = Options(MountForm.DropIn, $"{Full},{list}");
            Assert.That(MountPlanner.Plan(MountForm.DropIn, options, null, B("/m"), caller).Labels, Is.Empty);
            Assert.That(options.Notices, Has.One.Contains("labels have no effect").And.One.Contains(why));
        }
    }

    [Test]
    public void Root_may_turn_them_off()
    {
        var job = Plan(MountForm.Verb, Full + ",nodev,nosuid,noallow_other", Root);
        Assert.That(job.Flags, Is.EqualTo(MountFlags.NoDev | MountFlags.NoSuid));
        Assert.That(job.AllowOther, Is.False);
    }

    [Test]
    public void The_drop_in_forms_give_devices_only_when_asked()
    {
        Assert.That(Plan(MountForm.DropIn, Full, Root).Flags, Is.EqualTo(MountFlags.NoDev));
        Assert.That(Plan(MountForm.MountHelper, Full, Root).Flags, Is.EqualTo(MountFlags.None), "as mount(8) has it");
        Assert.That(Plan(MountForm.DropIn, Full + ",dev,nosuid", Root).Flags, Is.EqualTo(MountFlags.NoSuid));
        Assert.That(Plan(MountForm.DropIn, Full, RootInside).AllowOther, Is.True);
    }

    [Test]
    public void An_ordinary_user_gets_neither_and_is_told_when_asking()
    {
        var options = Options(MountForm.Verb, Full + ",dev");
        var job = MountPlanner.Plan(MountForm.Verb, options, null, B("/m"), User);
        Assert.That(job.Flags, Is.EqualTo(MountFlags.NoDev | MountFlags.NoSuid));
        Assert.That(job.AllowOther, Is.False);
        Assert.That(options.Notices, Has.One.Contains("only root"));
    }

    [TestCase("nodiratime")]
    [TestCase("relatime")]
    [TestCase("strictatime")]
    public void An_ordinary_user_is_told_what_the_helper_does_not_take(string flag)
    {
        var options = Options(MountForm.Verb, $"{Full},{flag}");
        MountPlanner.Plan(MountForm.Verb, options, null, B("/m"), User);
        Assert.That(options.Notices, Has.One.Contains(flag).And.One.Contains("fusermount3"));
    }

    [Test]
    public void Without_an_upper_the_union_is_read_only()
    {
        var job = Plan(MountForm.Verb, "lowerdir=/a", Root);
        Assert.That(job.Union.ReadOnly, Is.True);
        Assert.That(job.Flags & MountFlags.ReadOnly, Is.EqualTo(MountFlags.ReadOnly));
    }

    [Test]
    public void An_upper_may_be_mounted_read_only()
    {
        var job = Plan(MountForm.Verb, Full + ",ro", Root);
        Assert.That(job.Union.ReadOnly, Is.True);
        Assert.That(job.Union.UpperDirectory, Is.Not.Null);
    }

    [Test]
    public void The_source_is_the_word_given_or_our_name()
    {
        Assert.That(S(Plan(MountForm.Verb, Full, Root).Source), Is.EqualTo("overlayfuse"));
        var theirs = MountPlanner.Plan(MountForm.DropIn, Options(MountForm.DropIn, Full), null, B("/m"), Root, "fuse-overlayfs");
        Assert.That((S(theirs.Source), theirs.Subtype), Is.EqualTo(("fuse-overlayfs", "fuse-overlayfs")), "callers who know that name look for it");
        Assert.That(S(MountPlanner.Plan(MountForm.DropIn, Options(MountForm.DropIn, Full), B("none"), B("/m"), Root).Source), Is.EqualTo("none"));
        Assert.That(S(Plan(MountForm.Verb, Full + ",fsname=mine", Root).Source), Is.EqualTo("mine"));
    }

    [TestCase("upperdir=/u,workdir=/w", "lowerdir is missing")]
    [TestCase("lowerdir=/a,upperdir=/u", "needs a workdir")]
    [TestCase("lowerdir=/a,workdir=/w", "without an upperdir")]
    [TestCase("lowerdir=/a,rw", "needs an upperdir")]
    [TestCase(Full + ",data=passthrough,writeback=on", "contradict")]
    [TestCase(Full + ",partial=on,settle=never", "immutable")]
    public void What_does_not_fit_together_is_refused(string list, string words) =>
        Assert.That(Assert.Throws<MountException>(() => Plan(MountForm.Verb, list, Root))!.Message, Does.Contain(words));

    [Test]
    public void Passthrough_is_for_the_first_root_only()
    {
        const string list = Full + ",data=passthrough,writeback=off";
        Assert.That(Plan(MountForm.Verb, list, Root).Union.Data, Is.EqualTo(DataMode.Passthrough));
        foreach (var caller in new[] { User, RootInside })
            Assert.That(Assert.Throws<MountException>(() => Plan(MountForm.Verb, list, caller))!.Message, Does.Contain("root only"));
    }

    [Test]
    public void Large_files_come_up_in_parts_unless_container_tools_read_the_upper_or_it_is_asked_otherwise()
    {
        Assert.That(Plan(MountForm.Verb, Full, Root).Union.WholeUpTo, Is.EqualTo(512 << 10));
        Assert.That(Plan(MountForm.Verb, Full + ",partial=off", Root).Union.WholeUpTo, Is.Null);
        foreach (var form in new[] { MountForm.DropIn, MountForm.MountHelper }) Assert.That(Plan(form, Full, Root).Union.WholeUpTo, Is.Null);
        Assert.That(Plan(MountForm.DropIn, Full + ",partial=64K", Root).Union.WholeUpTo, Is.EqualTo(64 << 10));
        var union = Plan(MountForm.Verb, Full + ",partial=on,settle=never,immutable", User).Union;
        Assert.That((union.WholeUpTo, union.Settle, union.Immutable), Is.EqualTo(((ulong?)(512 << 10), SettlePolicy.Never, true)));
    }

    [TestCase("", 1 << 30, 1 << 30, 1 << 30)]
    [TestCase(",timeout=2", 2, 2, 2)]
    [TestCase(",attr_timeout=0,timeout=2", 2, 0, 2)]
    [TestCase(",entry_timeout=1,negative_timeout=3", 1, 1 << 30, 3)]
    public void What_the_kernel_believes_it_believes_for_ever_unless_told_otherwise(string list, int entry, int attributes, int negative)
    {
        var union = Plan(MountForm.Verb, Full + list, Root).Union;
        Assert.That(new[] { union.EntryTimeout, union.AttributesTimeout, union.NegativeTimeout }.Select(time => time.TotalSeconds), Is.EqualTo(new[] { entry, attributes, negative }));
    }

    [Test]
    public void A_descriptor_mounted_by_others_must_have_the_kernel_check_permissions()
    {
        Assert.That(Assert.Throws<MountException>(() => Plan(MountForm.DropIn, Full + ",allow_other", User, "/dev/fd/3"))!.Message, Does.Contain("default_permissions"));
        Assert.That(Plan(MountForm.DropIn, Full + ",allow_other,default_permissions", User, "/dev/fd/3").AllowOther, Is.True);
        Assert.That(Plan(MountForm.DropIn, Full, User, "/dev/fd/3").AllowOther, Is.False);
    }

    [Test]
    public void What_mount_and_container_tools_write_unasked_stops_no_drop_in()
    {
        Assert.That(Plan(MountForm.DropIn, "rw,lowerdir=/a", Root).Union.ReadOnly, Is.True);
        var options = Options(MountForm.DropIn, "lowerdir=/a,workdir=/w");
        MountPlanner.Plan(MountForm.DropIn, options, null, B("/m"), Root);
        Assert.That(options.Notices, Has.One.Contains("/w"));
    }

    private static MountJob Plan(MountForm form, string list, Caller caller, string mountPoint = "/m") =>
        MountPlanner.Plan(form, Options(form, list), null, B(mountPoint), caller);

    private static MountOptions Options(MountForm form, string list) => MountOptionsParser.Parse(form, [B(list)]);

    private static byte[] B(string text) => Encoding.UTF8.GetBytes(text);

    private static string S(byte[] text) => Encoding.UTF8.GetString(text);
}
