using NUnit.Framework;
using OverlayFuse.Fuse;
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

    [Test]
    public void A_disk_that_is_full_in_the_middle_of_a_mount_is_told_in_a_sentence()
    {
        var count = 0;
        for (var isMounted = false; !isMounted; count++)
        {
            using var union = new TestUnion(1);
            using var _ = SyscallSeam.Watch(new FullAfter(count));
            try
            {
                union.Open();
                isMounted = true;
            }
            catch (MountException refused)
            {
                Assert.That(refused.Message, Does.Contain("no space left on device (ENOSPC). Make room there"), $"after {count}");
                Assert.That(Directory.Exists($"{union.Path}/work/overlayfuse/format"), Is.False);
            }
        }
        Assert.That(count, Is.GreaterThan(10));
    }

    // What takes an inode or a block.
    private sealed class FullAfter(int count) : ISyscallWatcher
    {
        private int _left = count;

        public Errno Before(in WatchedCall call)
        {
            var takes = call.Call is SyscallName.Mkdir or SyscallName.PWrite || (call.Call == SyscallName.Open && (call.Detail & (ulong)OpenFlags.Create) != 0);
            return takes && _left-- <= 0 ? Errno.NOSPC : Errno.None;
        }
    }

    private sealed class NoRoom(Errno error) : ISyscallWatcher
    {
        public Errno Before(in WatchedCall call) => call.Call is SyscallName.Mknod or SyscallName.SetXattr or SyscallName.RemoveXattr or SyscallName.Rename ? error : Errno.None;
    }
}
