using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What an ordinary user's daemon does about modes that forbid its work, when others change them at the same time.</summary>
internal class WidenTests
{
    // A chmod came between the refusal and the widening: nothing is left to widen, and nothing to refuse.
    [TestCase("f", 0x180u)]
    [TestCase("f", 0x100u)]
    [TestCase("d", 0x1C0u)]
    [TestCase("d", 0x140u)]
    public void An_object_is_tried_once_more_whether_or_not_its_mode_still_forbids(string name, uint mode) => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("upper", "d/  f = \"f\"").Open();
        Assert.That(union.Kernel.Find(name, out var entry), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod(name, mode), Is.EqualTo(Errno.None));
        Assert.That(union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
        var tries = 0;
        var error = union.Tree.Upper!.Widened(union.Tree, slot, gateHeld: false, place =>
        {
            tries++;
            var seen = Syscall.StatAt(place.Dir, place.Name, cached: false, out var status);
            return seen == Errno.None && (status.Mode & 0x180u) != 0x180u ? Errno.ACCES : seen;
        });
        Assert.That((error, tries), Is.EqualTo((Errno.None, 1)));
        Assert.That(union.Shell($"stat -c %a upper/{name}; ls work/overlayfuse/widened"), Is.EqualTo($"{Convert.ToString(mode, 8)}"));
    });

    [TestCase(0x1C0u)]
    [TestCase(0u)]
    public void So_is_what_is_in_a_directory_that_was_shut(uint mode) => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("upper", "d/f = \"f\"").Open();
        Assert.That(union.Kernel.Find("d/f", out var entry), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod("d", mode), Is.EqualTo(Errno.None));
        Assert.That(union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
        var error = union.Tree.Upper!.InShutDirectory(union.Tree, slot, gateHeld: false, place => Syscall.StatAt(place.Dir, place.Name, cached: false, out _));
        Assert.That(error, Is.EqualTo(Errno.None));
        Assert.That(union.Shell("stat -c %a upper/d; ls work/overlayfuse/widened; chmod 700 upper/d"), Is.EqualTo($"{Convert.ToString(mode, 8)}"));
    });

    // Who was refused in a shut directory waits for its gate; by the time it has it, the object is elsewhere.
    [TestCase("moved")]
    [TestCase("moved, and the directory forgotten")]
    [TestCase("removed")]
    public void What_leaves_a_shut_directory_is_found_where_it_is(string change) => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("upper", "d/f = \"f\"  e/").Open();
        Assert.That(union.Kernel.Find("d/f", out var entry), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Find("d", out var directory), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod("d", 0), Is.EqualTo(Errno.None));
        Assert.That(union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
        Assert.That(union.Tree.Find(directory.Node, out var shut), Is.EqualTo(Errno.None));
        var error = Errno.IO;
        union.Tree.Gate.Enter(shut);
        var waiting = Between.Beside(() => error = union.Tree.Upper!.InShutDirectory(union.Tree, slot, gateHeld: false, place => Syscall.StatAt(place.Dir, place.Name, cached: false, out _)));
        Assert.That(waiting.IsAlive, Is.True);
        union.Shell("chmod 700 upper/d");
        var changed = Errno.IO;
        Between.Done(() =>
        {
            changed = change == "removed" ? union.Kernel.Remove("d/f", isDirectory: false) : union.Kernel.Rename("d/f", "e/f");
            if (!change.EndsWith("forgotten", StringComparison.Ordinal)) return;
            changed = union.Kernel.Remove("d", isDirectory: true);
            union.Union.Forget(directory.Node, 1000);
        });
        union.Tree.Gate.Leave(shut);
        Assert.That((changed, waiting.Join(10_000)), Is.EqualTo((Errno.None, true)));
        Assert.That(error, Is.EqualTo(Errno.None));
    });

    [Test]
    public void A_directory_that_its_owner_may_not_write_comes_back_when_the_move_over_it_fails() => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("lower1", "e/x = \"x\"").With("upper", "u/f = \"f\"  e/x whiteout").Open();
        Assert.That(union.Kernel.Chmod("e", 0x16D), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Find("e", out var before), Is.EqualTo(Errno.None));
        using (SyscallSeam.Watch(new NoMove("u"))) Assert.That(union.Kernel.Rename("u", "e"), Is.EqualTo(Errno.IO));
        Assert.That(union.Kernel.Find("e", out var after), Is.EqualTo(Errno.None));
        Assert.That((after.Node, after.Attributes.Mode, after.Attributes.LinkCount), Is.EqualTo((before.Node, before.Attributes.Mode, before.Attributes.LinkCount)));
        Assert.That(union.Shell("stat -c %a upper/e; ls upper/e work/overlayfuse/orphans work/overlayfuse/widened"), Does.StartWith("555").And.Contains("x"));
        Assert.That(union.Leftovers(), Is.Empty);
        Assert.That(union.Kernel.Rename("u", "e"), Is.EqualTo(Errno.None));
    });

    private sealed class NoMove(string name) : ISyscallWatcher
    {
        public Errno Before(in WatchedCall call) => call.Call == SyscallName.Rename && call.Name.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(name)) ? Errno.IO : Errno.None;
    }
}
