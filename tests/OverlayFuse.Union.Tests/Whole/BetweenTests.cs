using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What comes between two steps of a request, and changes what the second one finds.</summary>
internal class BetweenTests
{
    // An inode number that is free can be another copy's at once, and its record with it.
    [Test]
    public void The_record_of_a_number_goes_before_the_object_that_has_it()
    {
        using var union = new TestUnion(1).With("lower1", "f = \"f\"").Open();
        Assert.That(union.Kernel.Chmod("f", 0x180), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Stat($"{union.Upper}/f", out var status), Is.EqualTo(Errno.None));
        var origins = union.Tree.Upper!.Work.Origins;
        Assert.That(origins.TryGet(status.Inode, out _), Is.True);
        Assert.That(union.Kernel.Remove("f", isDirectory: false), Is.EqualTo(Errno.None));
        var isKnown = true;
        var between = new Between(SyscallName.Unlink, "", () => isKnown = origins.TryGet(status.Inode, out _));
        using (SyscallSeam.Watch(between)) union.Kernel.ForgetAll();
        Assert.That((between.HasCome, isKnown), Is.EqualTo((true, false)));
    }

    // The copy is made, and has lost setuid by being written; its old mode comes back with the time. A chmod waits until then.
    [TestCase("chmod")]
    [TestCase("acl")]
    public void A_chmod_while_the_bytes_of_a_metacopy_come_up_stays(string change)
    {
        using var union = new TestUnion(1).With("lower1", "f = \"bytes\"").Open();
        Assert.That(union.Kernel.Chmod("f", 0x1ED), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Find("f", out var entry), Is.EqualTo(Errno.None));
        Thread? other = null;
        var between = new Between(SyscallName.Chmod, "", () => other = Between.Beside(() => _ = change == "acl"
            ? union.Union.SetXattr(union.Kernel.Request, entry.Node, "system.posix_acl_access"u8, AclTests.Make("u:6 g:0 o:0"), XattrFlags.None, false)
            : union.Union.SetAttributes(union.Kernel.Request, entry.Node, new SetAttributes { Valid = SetAttributesMask.Mode, Mode = 0x180 }, out _, out _)));
        using (SyscallSeam.Watch(between)) Assert.That(union.Union.Write(union.Kernel.Request, entry.Node, 0, 0, "new"u8, WriteFlags.FromCache, out _), Is.EqualTo(Errno.None));
        Assert.That((between.HasCome, other?.Join(10_000)), Is.EqualTo((true, true)));
        Assert.That(union.Shell("stat -c %a upper/f; cat upper/f"), Is.EqualTo("600\nnewes"));
    }

    // As the kernel asks before a write by somebody without rights: were it back afterwards, what he wrote would run with them.
    [Test]
    public void A_capability_that_is_taken_while_the_bytes_of_a_metacopy_come_up_does_not_come_back()
    {
        if (!Scratch.IsRoot) Assert.Ignore("takes root");
        using var union = new TestUnion(1).With("lower1", "f = \"bytes\"").Open();
        union.Shell("setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 lower1/f");
        Assert.That(union.Kernel.Utimens("f", Timestamp.Now, Timestamp.Now), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Find("f", out var entry), Is.EqualTo(Errno.None));
        Thread? other = null;
        var between = new Between(SyscallName.SetXattr, "", () => other = Between.Beside(() => _ = union.Union.RemoveXattr(union.Kernel.Request, entry.Node, FileCapability.Name)));
        using (SyscallSeam.Watch(between)) Assert.That(union.Union.Write(union.Kernel.Request, entry.Node, 0, 0, "new"u8, WriteFlags.FromCache, out _), Is.EqualTo(Errno.None));
        Assert.That((between.HasCome, other?.Join(10_000)), Is.EqualTo((true, true)));
        Assert.That(union.Shell("getfattr -d -m security.capability upper/f; cat upper/f"), Is.EqualTo("newes"));
    }

    // Opened up for the time of one call, and back to the mode that it had before: a list that is set meanwhile is a mode, too.
    [TestCase(false)]
    [TestCase(true)]
    public void A_list_that_is_set_while_a_mode_is_widened_stays(bool takesSetGid) => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("upper", "f = \"f\"").Open();
        Assert.That(union.Kernel.Chmod("f", 0x524), Is.EqualTo(Errno.None)); // 2444
        Assert.That(union.Kernel.Find("f", out var entry), Is.EqualTo(Errno.None));
        Assert.That(union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
        Thread? other = null;
        var error = union.Tree.Upper!.Widened(union.Tree, slot, gateHeld: false, place =>
        {
            other = Between.Beside(() => _ = union.Union.SetXattr(union.Kernel.Request, entry.Node, "system.posix_acl_access"u8, AclTests.Make("u:4 u7:6 g:4 m:6 o:0"), XattrFlags.None, takesSetGid));
            return Errno.None;
        });
        Assert.That((error, other?.Join(10_000)), Is.EqualTo((Errno.None, true)));
        Assert.That(union.Shell("stat -c %a upper/f"), Is.EqualTo(takesSetGid ? "460" : "2460"));
    });
}
