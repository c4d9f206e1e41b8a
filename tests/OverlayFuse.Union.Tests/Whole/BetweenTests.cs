using NUnit.Framework;
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
}
