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

    // Found by its place among the orphans, or in the index: that is gone before it is opened there.
    [TestCase("tmpfile", false)]
    [TestCase("tmpfile", true)]
    [TestCase("last name", false)]
    [TestCase("last name", true)]
    [TestCase("metacopy", true)]
    public void A_file_whose_place_goes_before_it_is_opened_is_opened_at_the_next(string what, bool write)
    {
        using var union = new TestUnion(1).With("lower1", "d/  f = \"bytes\"  g is f").Open();
        var kernel = union.Kernel;
        Assert.That(what == "tmpfile" ? kernel.Open("t", "d", OpenFlags.TmpFile | OpenFlags.ReadWrite) : kernel.Chmod("f", 0x180), Is.EqualTo(Errno.None));
        if (what != "tmpfile") Assert.That(kernel.Remove("g", isDirectory: false), Is.EqualTo(Errno.None));
        Assert.That(kernel.Find(what == "tmpfile" ? "@t" : "f", out var entry), Is.EqualTo(Errno.None));
        if (what == "last name") Assert.That(union.Union.Write(kernel.Request, entry.Node, 0, 0, "b"u8, WriteFlags.None, out _), Is.EqualTo(Errno.None));
        Assert.That(union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
        if (union.Tree.Nodes[slot].State is OpenFile open)
        {
            union.Tree.Nodes[slot].State = null; // as if others had taken its place among the descriptors
            lock (open.Stripe) open.Close();
        }
        var changed = Errno.IO;
        var between = new Between(SyscallName.Open, "", () => Between.Done(() => changed = what == "tmpfile" ? kernel.Link("@t", "d/n") : kernel.Remove("f", isDirectory: false)));
        Errno error;
        using (SyscallSeam.Watch(between))
        {
            error = write
                ? union.Union.Write(kernel.Request, entry.Node, 0, 0, "b"u8, WriteFlags.FromCache, out _)
                : union.Union.Read(kernel.Request, entry.Node, 0, 0, new byte[8], out _);
        }
        Assert.That((between.HasCome, changed, error), Is.EqualTo((true, Errno.None, Errno.None)));
    }

    // Orphans have no lock: the mode comes back wherever the file is by then.
    [Test]
    public void A_file_that_gets_its_first_name_while_its_mode_is_widened_gets_its_mode_back() => OrdinaryUser.Run(() =>
    {
        using var union = new TestUnion(1, TestUnion.Form.OrdinaryUser).With("upper", "d/").Open();
        Assert.That(union.Kernel.Open("t", "d", OpenFlags.TmpFile | OpenFlags.ReadWrite), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Chmod("@t", 0x124), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Find("@t", out var entry), Is.EqualTo(Errno.None));
        Assert.That(union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
        var linked = Errno.IO;
        var error = union.Tree.Upper!.Widened(union.Tree, slot, gateHeld: false, place =>
        {
            if (linked != Errno.None) Between.Done(() => linked = union.Kernel.Link("@t", "d/n"));
            return Syscall.StatAt(place.Dir, place.Name, cached: false, out _);
        });
        Assert.That((error, linked), Is.EqualTo((Errno.None, Errno.None)));
        Assert.That(union.Shell("stat -c %a upper/d/n"), Is.EqualTo("444"));
    });

    // No call that could be stood before: so many times, side by side.
    [Test]
    public void A_file_has_a_status_and_attributes_at_every_moment_of_its_first_link()
    {
        using var union = new TestUnion(1).With("upper", "d/").Open();
        var kernel = union.Kernel;
        for (var i = 0; i < 300; i++)
        {
            Assert.That(kernel.Open("t", "d", OpenFlags.TmpFile | OpenFlags.ReadWrite), Is.EqualTo(Errno.None));
            Assert.That(kernel.Find("@t", out var entry), Is.EqualTo(Errno.None));
            Assert.That(union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
            using var begun = new ManualResetEventSlim();
            var isLinked = false;
            var asker = Task.Run(() =>
            {
                var error = Errno.None;
                for (var rest = 5; error == Errno.None && rest > 0; begun.Set())
                {
                    if (Volatile.Read(ref isLinked)) rest--;
                    error = union.Tree.Status(slot, out _);
                    if (error == Errno.None) error = union.Union.ListXattr(kernel.Request, entry.Node, new byte[64], out _);
                    if (error == Errno.None && union.Union.GetXattr(kernel.Request, entry.Node, "user.none"u8, new byte[64], out _) is var asked and not Errno.NODATA) error = asked;
                }
                begun.Set();
                return error;
            });
            begun.Wait();
            Assert.That(union.Union.Link(kernel.Request, entry.Node, DirectoryOf(kernel), LayerText.Bytes($"n{i}"), out var named), Is.EqualTo(Errno.None));
            kernel.Got(named);
            Volatile.Write(ref isLinked, true);
            Assert.That(asker.Result, Is.EqualTo(Errno.None), $"round {i}");
        }
    }

    [Test]
    public void The_bytes_of_a_lower_metacopy_have_a_place_at_every_moment_of_its_copy_up()
    {
        const int Files = 200;
        using var union = new TestUnion(2).With("lower2", string.Join("  ", Enumerable.Range(0, Files).Select(i => $"b{i} = \"b\"")));
        union.With("lower1", string.Join("  ", Enumerable.Range(0, Files).Select(i => $"f{i} metacopy(1) redirect=\"/b{i}\""))).Open();
        for (var i = 0; i < Files; i++)
        {
            Assert.That(union.Kernel.Find($"f{i}", out var entry), Is.EqualTo(Errno.None));
            Assert.That(union.Tree.Find(entry.Node, out var slot), Is.EqualTo(Errno.None));
            using var begun = new ManualResetEventSlim();
            var isUp = false;
            var asker = Task.Run(() =>
            {
                var error = Errno.None;
                for (var rest = 5; error == Errno.None && rest > 0; begun.Set())
                {
                    if (Volatile.Read(ref isUp)) rest--;
                    error = BytesAreSomewhere(union.Tree, slot);
                }
                begun.Set();
                return error;
            });
            begun.Wait();
            Assert.That(union.Union.SetAttributes(union.Kernel.Request, entry.Node, new SetAttributes { Valid = SetAttributesMask.Mode, Mode = 0x180 }, out _, out _), Is.EqualTo(Errno.None));
            Volatile.Write(ref isUp, true);
            Assert.That(asker.Result, Is.EqualTo(Errno.None), $"round {i}");
        }
    }

    private static Errno BytesAreSomewhere(Tree tree, int slot)
    {
        if (tree.LacksData(slot)) return Errno.IO;
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = tree.EnterData(slot, buffer, out var place);
        if (error == Errno.None) place.Dispose();
        return error;
    }

    private static NodeId DirectoryOf(Kernel kernel) => kernel.Find("d", out var directory) == Errno.None ? directory.Node : default;
}
