using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Listings and their cookies.</summary>
internal class ListingTests
{
    private static readonly byte[] NotUtf8 = [0xff, 0xfe, (byte)'n', 0x80];

    [Test]
    public void Every_name_comes_once_whatever_the_room([Values(32, 64, 300, 4096)] int room, [Values] bool plus)
    {
        using var union = new TestUnion(2);
        union.With("lower1", string.Join("  ", Enumerable.Range(0, 150).Select(i => $"n{i} = \"{i}\"")));
        union.With("lower2", string.Join("  ", Enumerable.Range(100, 150).Select(i => $"n{i} = \"{i}\""))).Open();
        union.Kernel.List("", out var names, plus, Math.Max(room, plus ? 200 : 0));
        Assert.That(names.Select(n => n.Text), Is.EquivalentTo(Enumerable.Range(0, 250).Select(i => $"n{i}")));
        Assert.That(names.Select(n => n.Cookie), Is.Ordered.Ascending.And.All.LessThanOrEqualTo(long.MaxValue).And.All.GreaterThan(2ul));
    }

    [Test]
    public void A_walk_goes_on_through_removals_additions_and_a_listing_read_anew()
    {
        using var union = new TestUnion(2);
        union.With("lower1", string.Join("  ", Enumerable.Range(0, 60).Select(i => $"l{i} = \"\"")));
        union.With("upper", string.Join("  ", Enumerable.Range(0, 60).Select(i => $"u{i} = \"\""))).Open();
        var seen = new List<Listed>();
        var random = new Random(4711);
        var stays = Enumerable.Range(0, 60).Where(i => i % 3 > 0).SelectMany(i => new[] { $"l{i}", $"u{i}" }).ToList();
        var goes = new Queue<string>(Enumerable.Range(0, 60).Where(i => i % 3 == 0).SelectMany(i => new[] { $"l{i}", $"u{i}" }).OrderBy(_ => random.Next()));
        ulong cookie = 0;
        for (var i = 0; ; i++)
        {
            union.Kernel.ReadOnce(Fuse.NodeId.Root, cookie, new byte[200], plus: false, seen, out cookie);
            if (cookie == 0) break;
            if (goes.TryDequeue(out var name)) Assert.That(union.Kernel.Remove(name, false), Is.EqualTo(Errno.None));
            Assert.That(union.Kernel.Create($"new{i}", []), Is.EqualTo(Errno.None)); // drops the listing
            if (i % 2 == 0) union.Kernel.Write(stays[i], "x"u8);
        }
        var names = seen.Select(s => s.Text).ToList();
        Assert.That(names, Is.Unique);
        Assert.That(names, Is.SupersetOf(stays));
    }

    [Test]
    public void For_programs_of_32_bits_cookies_have_31()
    {
        using var union = new TestUnion(1) { Wish = options => options.NarrowInodes = true };
        union.With("lower1", string.Join("  ", Enumerable.Range(0, 300).Select(i => $"n{i} = \"{i}\""))).Open();
        union.Kernel.List("", out var names, plus: false, 300);
        Assert.That(names.Select(n => n.Text), Is.EquivalentTo(Enumerable.Range(0, 300).Select(i => $"n{i}")));
        Assert.That(names.Select(n => n.Cookie), Is.Ordered.Ascending.And.All.LessThanOrEqualTo(int.MaxValue).And.All.GreaterThan(2ul));
        var after = new List<Listed>();
        Assert.That(union.Kernel.Remove(names[1].Text, false), Is.EqualTo(Errno.None));
        union.Kernel.ReadOnce(Fuse.NodeId.Root, names[0].Cookie, new byte[40], false, after, out _);
        Assert.That(after[0].Text, Is.EqualTo(names[2].Text));
    }

    [Test]
    public void Of_names_with_one_narrow_cookie_each_keeps_what_it_was_given()
    {
        const ulong first = 16;
        ulong[] hashes = [5, 6, 7, ulong.MaxValue - 1, ulong.MaxValue];
        var (before, after, later) = (new ulong[5], new ulong[2], new ulong[3]);
        var cookies = new NarrowCookies();
        cookies.Give(hashes, first, before);
        Assert.That(before, Is.Unique.And.All.LessThanOrEqualTo(int.MaxValue).And.All.GreaterThanOrEqualTo(first));
        cookies.Give([7, ulong.MaxValue], first, after);
        Assert.That(after, Is.EqualTo(new[] { before[2], before[4] }), "others were removed");
        cookies.Give([5, 6, 8], first, later);
        Assert.That(later[..2], Is.EqualTo(before[..2]));
        Assert.That(later.Append(before[2]), Is.Unique);
    }

    [Test]
    public void A_cookie_leads_back_to_the_same_entry()
    {
        using var union = new TestUnion(1);
        union.With("lower1", string.Join("  ", Enumerable.Range(0, 40).Select(i => $"n{i} = \"\""))).Open();
        union.Kernel.List("", out var names);
        for (var i = 0; i + 1 < names.Count; i++)
        {
            var after = new List<Listed>();
            union.Kernel.ReadOnce(Fuse.NodeId.Root, names[i].Cookie, new byte[4096], false, after, out _);
            Assert.That(after.Select(a => a.Text), Is.EqualTo(names.Skip(i + 1).Select(n => n.Text)));
        }
    }

    [Test]
    public void Of_a_file_with_several_names_a_listing_tells_the_name_only()
    {
        using var union = new TestUnion(1);
        union.With("lower1", "one = \"1\"  two = \"2\"  too is two").Open();
        Assert.That(union.Kernel.Create("new", "n"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Link("new", "newer"), Is.EqualTo(Errno.None));
        union.Kernel.List("", out var names, plus: true);
        Assert.That(names.Where(n => n.Entry.Node != NodeId.None).Select(n => n.Text), Is.EqualTo(new[] { "one" }));
        Assert.That(names.Select(n => n.Text), Is.EquivalentTo(new[] { "one", "two", "too", "new", "newer" }));
        Assert.That(union.Kernel.Remove("newer", isDirectory: false), Is.EqualTo(Errno.None));
        union.Kernel.List("", out names, plus: true);
        Assert.That(names.Where(n => n.Entry.Node != NodeId.None).Select(n => n.Text), Is.EqualTo(new[] { "one" }), "the kernel may still be counting");
    }

    [Test]
    public void Names_that_are_not_text_and_names_of_255_bytes()
    {
        using var union = new TestUnion(1);
        union.Open();
        var longest = Encoding.ASCII.GetBytes(new string('x', 255));
        Syscall.Open($"{union.Path}/lower1", OpenFlags.ReadOnly | OpenFlags.Directory, out var fd);
        foreach (var name in (byte[][])[NotUtf8, longest]) Syscall.MknodAt(new DirFd(fd.Number), name, (uint)FileType.Regular | 0x1A4, 0, 0);
        fd.Close();
        foreach (var plus in (bool[])[false, true])
        {
            union.Kernel.List("", out var names, plus);
            Assert.That(names.Select(n => n.Name), Is.EquivalentTo(new[] { NotUtf8, longest }));
        }
        foreach (var name in (byte[][])[NotUtf8, longest])
        {
            Assert.That(union.Kernel.Lookup(Fuse.NodeId.Root, name, out _), Is.EqualTo(Errno.None));
            Assert.That(union.Union.Unlink(union.Kernel.Request, Fuse.NodeId.Root, name), Is.EqualTo(Errno.None));
            Assert.That(union.Kernel.Lookup(Fuse.NodeId.Root, name, out _), Is.EqualTo(Errno.NOENT));
        }
        Assert.That(union.Union.Lookup(union.Kernel.Request, Fuse.NodeId.Root, new byte[256], out _), Is.EqualTo(Errno.NAMETOOLONG));
        union.Kernel.List("", out var left);
        Assert.That(left, Is.Empty);
    }

    [Test]
    public void Dot_and_dot_dot_are_told_with_the_numbers_of_the_union()
    {
        using var union = new TestUnion(2);
        union.With("lower1", "d/e/a = \"\"").With("lower2", "d/e/b = \"\"").Open();
        union.Kernel.Find("d", out var above);
        union.Kernel.Find("d/e", out var own);
        var names = new List<Listed>();
        union.Kernel.ReadOnce(own.Node, 0, new byte[4096], false, names, out _);
        Assert.That(names.Take(2).Select(n => (n.Text, n.Inode, n.Type)), Is.EqualTo(new[] { (".", own.Attributes.Inode, FileType.Directory), ("..", above.Attributes.Inode, FileType.Directory) }));
    }

    [Test]
    public void Entries_of_equal_hash_are_told_apart()
    {
        // By hand, since no two names can be found that collide: the first two stand as equal hashes put them.
        var listing = new Union.Listing([100, 101, 200], [0, 1, 2, 3], "abc"u8.ToArray(), [1, 2, 3], [8, 4, 10], [-1, 0, 1]);
        Assert.That((listing.After(0), listing.After(99), listing.After(100), listing.After(101), listing.After(150), listing.After(200)), Is.EqualTo((0, 0, 1, 2, 2, 3)));
        Assert.That((listing.Type(0), listing.Type(1), listing.Type(2)), Is.EqualTo((FileType.Regular, FileType.Directory, FileType.Symlink)));
        Assert.That((listing.Member(0), listing.Member(2)), Is.EqualTo((-1, 1)));
        Assert.That(listing.Remove("nobody"u8), Is.False);
    }

    [Test]
    public void Listings_are_kept_up_to_so_many_bytes()
    {
        using var union = new TestUnion(1);
        union.With("lower1", string.Join("  ", Enumerable.Range(0, 20).SelectMany(d => Enumerable.Range(0, 10).Select(f => $"d{d}/f{f} = \"\"")))).Open(readOnly: true);
        var cache = new ListingCache(capacity: 2000);
        for (var d = 0; d < 20; d++)
        {
            union.Kernel.Find($"d{d}", out var entry);
            union.Tree.Nodes.TryFind(entry.Node, out var slot);
            Assert.That(cache.Get(union.Tree.Directory(slot), union.Tree.Inodes, isForBeginner: true, out var listing), Is.EqualTo(Errno.None));
            Assert.That(listing!.Count, Is.EqualTo(10));
        }
        var kept = Enumerable.Range(0, 20).Count(d =>
        {
            union.Kernel.Find($"d{d}", out var entry);
            union.Tree.Nodes.TryFind(entry.Node, out var slot);
            return union.Tree.Directory(slot).Listing(isForBeginner: true) is not null;
        });
        Assert.That(kept, Is.InRange(1, 6));
    }

    [Test]
    public void The_listing_read_last_is_kept_whatever_it_weighs_and_however_often_it_was_read()
    {
        using var union = new TestUnion(1);
        union.With("lower1", string.Join("  ", Enumerable.Range(0, 100).Select(f => $"f{f} = \"\""))).Open(readOnly: true);
        var (cache, directory) = (new ListingCache(capacity: 100), union.Tree.RootDirectory);
        for (var time = 0; time < 3; time++)
        {
            Assert.That(cache.Get(directory, union.Tree.Inodes, isForBeginner: true, out var listing), Is.EqualTo(Errno.None));
            Assert.That(directory.Listing(isForBeginner: true), Is.SameAs(listing));
            directory.DropListing(); // a name came
        }
    }

    [Test]
    public void Who_is_on_the_way_through_goes_on_without_the_names_that_came_meanwhile()
    {
        using var union = new TestUnion(1);
        union.With("lower1", "a = \"\"  b = \"\"").Open();
        var (cache, directory) = (new ListingCache(capacity: 10_000), union.Tree.RootDirectory);
        Assert.That(cache.Get(directory, union.Tree.Inodes, isForBeginner: true, out var first), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Create("c", []), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Remove("a", isDirectory: false), Is.EqualTo(Errno.None));
        Assert.That(cache.Get(directory, union.Tree.Inodes, isForBeginner: false, out var further), Is.EqualTo(Errno.None));
        Assert.That(further, Is.SameAs(first));
        Assert.That(Enumerable.Range(0, first!.Count).Where(i => !first.IsRemoved(i)).Select(i => Encoding.UTF8.GetString(first.Name(i))), Is.EqualTo(new[] { "b" }));
        Assert.That(cache.Get(directory, union.Tree.Inodes, isForBeginner: true, out var second), Is.EqualTo(Errno.None));
        Assert.That(Enumerable.Range(0, second!.Count).Select(i => Encoding.UTF8.GetString(second.Name(i))).Order(), Is.EqualTo(new[] { "b", "c" }));
    }

    [Test]
    public void Who_is_on_the_way_through_sees_what_was_replaced()
    {
        using var union = new TestUnion(2);
        union.With("lower1", "a = \"\"  b = \"\"  d/x = \"\"  f = \"f\"").With("lower2", "d/y = \"\"").Open();
        var (cache, directory) = (new ListingCache(capacity: 10_000), union.Tree.RootDirectory);
        Assert.That(cache.Get(directory, union.Tree.Inodes, isForBeginner: true, out var listing), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Create("new", []), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Rename("new", "a"), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Remove("b", isDirectory: false), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Create("b", []), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Rename("d", "f", RenameFlags.Exchange), Is.EqualTo(Errno.None));
        for (var i = 0; i < listing!.Count; i++) Assert.That((listing.IsRemoved(i), listing.IsReplaced(i)), Is.EqualTo((false, true)), Encoding.UTF8.GetString(listing.Name(i)));
        Assert.That(union.Kernel.List("/", out var names), Is.EqualTo(Errno.None));
        Assert.That(names.Select(listed => listed.Text).Order(), Is.EqualTo(new[] { "a", "b", "d", "f" }));
    }

    [Test]
    public void What_was_replaced_and_cannot_be_looked_at_is_listed_all_the_same()
    {
        using var union = new TestUnion(1);
        union.With("lower1", "a = \"1\"  b = \"2\"").Open();
        var names = new List<Listed>();
        Assert.That(union.Kernel.ReadOnce(NodeId.Root, 0, new byte[32], plus: false, names, out var cookie), Is.EqualTo(Errno.None), "the first of them: \".\"");
        foreach (var name in (string[])["a", "b"])
        {
            Assert.That(union.Kernel.Create("new", []), Is.EqualTo(Errno.None));
            Assert.That(union.Kernel.Rename("new", name), Is.EqualTo(Errno.None));
        }
        union.Forget();
        Assert.That(union.Tree.Upper!.Layer.Root.Enter(out var upper), Is.EqualTo(Errno.None));
        Assert.That(Syscall.SetXattrAt(upper, "a"u8, MarkNames.Metacopy(union.Tree.Upper.Family), "broken"u8, XattrFlags.None), Is.EqualTo(Errno.None));
        union.Tree.Upper.Layer.Root.Leave();
        Assert.That(union.Kernel.Find("a", out _), Is.EqualTo(Errno.IO));
        Assert.That(union.Kernel.ReadOnce(NodeId.Root, cookie, new byte[4096], plus: false, names, out _), Is.EqualTo(Errno.None));
        Assert.That(names.Select(listed => listed.Text), Is.EquivalentTo(new[] { ".", "..", "a", "b" }));
    }

    [Test]
    public void A_listing_during_which_names_came_serves_those_on_the_way_only()
    {
        var directory = new UnionDirectory(null, []);
        Listing Read() => new([], [0], [], [], [], []);
        var (slow, fast) = (Read(), Read());
        var version = directory.NamesVersion;
        directory.NameAdded("y"u8);
        directory.Keep(slow, version);
        Assert.That((directory.Listing(isForBeginner: true), directory.Listing(isForBeginner: false)), Is.EqualTo(((Listing?)null, slow)));
        directory.Keep(fast, directory.NamesVersion);
        directory.Keep(slow, version);
        Assert.That(directory.Listing(isForBeginner: true), Is.SameAs(fast));
        directory.NameRemoved("x"u8);
        Assert.That(directory.Listing(isForBeginner: true), Is.SameAs(fast), "a name that went is marked in it");
        directory.NameAdded("y"u8);
        directory.NameRemoved("x"u8);
        Assert.That(directory.Listing(isForBeginner: true), Is.Null);
    }

    [Test]
    public void A_table_of_lower_names_knows_who_mentions_a_name()
    {
        using var union = new TestUnion(5);
        union.With("lower1", "a = \"\"").With("lower2", ".wh.a = \"\"  b = \"\"").With("lower4", "a whiteout  c/  .wh.c = \"\"").With("lower5", "a = \"\"  b = \"\"").Open(readOnly: true);
        Assert.That(LowerNames.Read(union.Tree.RootDirectory.Lowers, out var names), Is.EqualTo(Errno.None));
        Assert.That(names!.MembersWith("a"u8).ToArray(), Is.EqualTo(new ushort[] { 0, 1, 3, 4 }));
        Assert.That(names.MembersWith("b"u8).ToArray(), Is.EqualTo(new ushort[] { 1, 4 }));
        Assert.That(names.MembersWith("c"u8).ToArray().Distinct(), Is.EqualTo(new ushort[] { 3 }));
        Assert.That(names.MembersWith("d"u8).ToArray(), Is.Empty);
        Assert.That(names.MembersWith(".wh.a"u8).ToArray(), Is.Empty);
    }
}
