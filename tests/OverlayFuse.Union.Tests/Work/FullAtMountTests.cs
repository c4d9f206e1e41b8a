using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>A mount on a disk that has no room left: what it writes later is what it would have written.</summary>
internal class FullAtMountTests
{
    [TestCase(Errno.NOSPC)]
    [TestCase(Errno.DQUOT)]
    public void A_disk_without_room_is_not_taken_for_one_that_can_do_less(Errno error)
    {
        using var union = new TestUnion(1).With("lower1", "d/a = \"a\"  f = \"f\"").Open();
        Assert.That(union.Kernel.Rename("d", "moved"), Is.EqualTo(Errno.None));
        var (features, shown) = (union.Tree.Upper!.Features, LayerText.Describe(union.Kernel));
        union.Close();

        // As btrfs does with a quota that is used up: even what changes nothing is refused.
        using (SyscallSeam.Watch(new NoRoom(error))) union.Open();
        Assert.That(union.Tree.Upper!.Features, Is.EqualTo(features));
        Assert.That(LayerText.Describe(union.Kernel), Is.EqualTo(shown));
    }

    private sealed class NoRoom(Errno error) : ISyscallWatcher
    {
        public Errno Before(in WatchedCall call) => call.Call is SyscallName.Mknod or SyscallName.SetXattr or SyscallName.RemoveXattr or SyscallName.Rename ? error : Errno.None;
    }
}
