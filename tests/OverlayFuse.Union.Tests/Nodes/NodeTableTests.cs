using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class NodeTableTests
{
    private readonly List<ulong> _removed = [];
    private NodeTable _table = null!;

    [SetUp]
    public void SetUp()
    {
        _removed.Clear();
        _table = new NodeTable(Removed);
        _table.AddRoot(new Node { Type = FileType.Directory, Inode = 1 });
    }

    [Test]
    public void A_name_is_found_after_it_was_added()
    {
        var slot = Add(1, "a");
        Assert.That(_table.Find(1, "a"u8, count: false), Is.EqualTo(slot));
        Assert.That(_table.Find(1, "b"u8, count: false), Is.Zero);
        Assert.That(_table.Find(slot, "a"u8, count: false), Is.Zero);
        Assert.That(NameOf(slot), Is.EqualTo((1, "a")));
    }

    [Test]
    public void An_id_is_never_given_twice()
    {
        var ids = new HashSet<ulong>();
        for (var i = 0; i < 10_000; i++)
        {
            var slot = Add(1, "a");
            Assert.That(ids.Add(_table[slot].Id), Is.True);
            var id = new NodeId(_table[slot].Id);
            _table.Forget(slot, 1);
            Assert.That(_table.TryFind(id, out _), Is.False);
        }
    }

    [Test]
    public void Ids_that_were_never_given_are_not_found([Values(0, 2, 511, 512, 1 << 20, (1 << 28) - 1, 1L << 28, -1)] long id)
    {
        Assert.That(_table.TryFind(new NodeId((ulong)id), out _), Is.False);
    }

    [Test]
    public void A_directory_stays_while_its_children_do_and_goes_with_the_last()
    {
        var d = Add(1, "d");
        var a = Add(d, "a");
        var b = Add(d, "b");
        var id = _table[d].Id;
        _table.Forget(d, 1);
        Assert.That(_table.TryFind(new NodeId(id), out _), Is.True);
        _table.Forget(a, 1);
        Assert.That(_table.TryFind(new NodeId(id), out _), Is.True);
        _table.Forget(b, 1);
        Assert.That(_table.TryFind(new NodeId(id), out _), Is.False);
        Assert.That(_table.Count, Is.EqualTo(1));
        Assert.That(_removed, Has.Count.EqualTo(3));
    }

    [Test]
    public void Lookups_are_counted()
    {
        var slot = Add(1, "a");
        _table.Find(1, "a"u8, count: true);
        _table.FindOrAdd(1, "a"u8, new Node { Type = FileType.Regular, Inode = 99 }, linked: false, count: true, out var added);
        Assert.That(added, Is.False);
        _table.Forget(slot, 2);
        Assert.That(_table.Count, Is.EqualTo(2));
        _table.Forget(slot, 1);
        Assert.That(_table.Count, Is.EqualTo(1));
    }

    // Where names are believed for a time only, a program that asks often comes to more than 32 bits in days.
    [Test]
    public void Lookups_are_counted_however_many()
    {
        var slot = Add(1, "a");
        var id = new NodeId(_table[slot].Id);
        _table[slot].Lookups = int.MaxValue;
        for (var i = 0; i < 3; i++) _table.Find(1, "a"u8, count: true);
        _table.Forget(slot, 1); // what an operation has counted for itself
        Assert.That(_table.TryFind(id, out _), Is.True);
        _table.Forget(slot, int.MaxValue + 1L);
        Assert.That(_table.TryFind(id, out _), Is.True);
        _table.Forget(slot, 1);
        Assert.That(_table.TryFind(id, out _), Is.False);
    }

    [Test]
    public void A_moved_name_takes_its_directory_along()
    {
        var (d, e) = (Add(1, "d"), Add(1, "e"));
        var a = Add(d, "a");
        _table.MoveName(d, "a"u8, e, "b"u8);
        Assert.That(NameOf(a), Is.EqualTo((e, "b")));
        Assert.That(_table.Find(d, "a"u8, false), Is.Zero);
        Assert.That(_table.Find(e, "b"u8, false), Is.EqualTo(a));
        _table.Forget(d, 1);
        Assert.That(_table.Count, Is.EqualTo(3), "d has no child any more");
        _table.Forget(e, 1);
        Assert.That(_table.Count, Is.EqualTo(3), "e has one");
    }

    [Test]
    public void Exchanged_names_lead_to_each_other()
    {
        var (d, e) = (Add(1, "d"), Add(1, "e"));
        var (a, b) = (Add(d, "a"), Add(e, "b"));
        _table.ExchangeNames(d, "a"u8, e, "b"u8);
        Assert.That(NameOf(a), Is.EqualTo((e, "b")));
        Assert.That(NameOf(b), Is.EqualTo((d, "a")));
        foreach (var slot in (int[])[a, b, d, e]) _table.Forget(slot, 1);
        Assert.That(_table.Count, Is.EqualTo(1));
    }

    [Test]
    public void Names_of_one_inode_lead_to_one_node()
    {
        var d = Add(1, "d");
        var a = Add(1, "a", inode: 5, linked: true);
        Assert.That(Add(d, "b", inode: 5, linked: true), Is.EqualTo(a));
        Assert.That(_table.HasOtherName(a), Is.True);
        Assert.That(_table.NamesOf(a).Select(n => (n.Parent, Encoding.UTF8.GetString(n.Name))), Is.EquivalentTo(new[] { (1, "a"), (d, "b") }));
        _table.Forget(d, 1);
        Assert.That(_table.Count, Is.EqualTo(3), "d is needed by a name");
        Assert.That(_table.RemoveName(1, "a"u8), Is.True);
        Assert.That(NameOf(a), Is.EqualTo((d, "b")));
        _table.Forget(a, 2);
        Assert.That(_table.Count, Is.EqualTo(1));
        Assert.That(Add(1, "c", inode: 5, linked: true), Is.Not.Zero);
    }

    [Test]
    public void A_link_makes_a_node_known_by_its_inode()
    {
        var a = Add(1, "a", inode: 7);
        _table.AddName(a, 1, "b"u8);
        Assert.That(Add(1, "c", inode: 7, linked: true), Is.EqualTo(a));
        Assert.That(_table.NamesOf(a), Has.Count.EqualTo(3));
        _table.ExchangeNames(1, "a"u8, 1, "b"u8);
        _table.MoveName(1, "b"u8, 1, "z"u8);
        Assert.That(_table.NamesOf(a).Select(n => Encoding.UTF8.GetString(n.Name)), Is.EquivalentTo(new[] { "a", "c", "z" }));
        _table.Forget(a, 2);
        Assert.That(_table.Count, Is.EqualTo(1));
        Assert.That(_table.Find(1, "z"u8, false), Is.Zero);
    }

    [Test]
    public void A_node_that_lost_its_name_stays_until_it_is_forgotten()
    {
        var a = Add(1, "a");
        Assert.That(_table.RemoveName(1, "a"u8), Is.False);
        Assert.That(_table.TryGetName(a, new byte[256], out _, out _), Is.False);
        var again = Add(1, "a");
        Assert.That(again, Is.Not.EqualTo(a));
        _table.Forget(a, 1);
        Assert.That(_table.Find(1, "a"u8, false), Is.EqualTo(again));
    }

    [Test]
    public void A_lower_name_is_kept_once_and_given_back()
    {
        var a = Add(1, "a");
        _table.KeepLowerName(a, "old"u8);
        _table.KeepLowerName(a, "newer"u8);
        var buffer = new byte[256];
        Assert.That(_table.TryGetLowerName(a, buffer, out var length), Is.True);
        Assert.That(Encoding.UTF8.GetString(buffer, 0, length), Is.EqualTo("old"));
        _table.Forget(a, 1);
        Assert.That(_table.TryGetLowerName(Add(1, "b"), buffer, out _), Is.False);
    }

    [Test]
    public void A_million_names_added_and_forgotten_give_their_memory_back()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        AddAndForgetMany(before);
        _removed.Clear();
        _removed.TrimExcess();
        Assert.That(_table.Count, Is.EqualTo(1));
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(1 << 20));
        Assert.That(_table.Dropped, Is.GreaterThan(2000));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private void AddAndForgetMany(long before)
    {
        const int Count = 1_000_000;
        var slots = new int[Count];
        var name = new byte[12];
        for (var i = 0; i < Count; i++)
        {
            System.Buffers.Text.Utf8Formatter.TryFormat(i, name, out var length);
            slots[i] = _table.FindOrAdd(1, name.AsSpan(0, length), new Node { Type = FileType.Regular, Inode = (ulong)i }, linked: false, count: true, out _);
        }
        var full = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.That(full / Count, Is.LessThan(200), "bytes for each node and name");
        for (var i = 0; i < Count; i++) _table.Forget(slots[i], 1);
    }

    [Test]
    public void Threads_that_add_move_link_and_forget_agree()
    {
        const int Directories = 4;
        const int Names = 12;
        var directories = Enumerable.Range(0, Directories).Select(d => Add(1, $"d{d}")).ToArray();
        var locks = directories.Select(_ => new Lock()).ToArray();
        var failures = new List<string>();
        var held = new List<(int Slot, ulong Id)>[4];
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            var random = new Random(worker);
            var mine = held[worker] = [];
            for (var i = 0; i < 60_000; i++)
            {
                var d = random.Next(Directories);
                var name = Encoding.UTF8.GetBytes($"n{random.Next(Names)}");
                switch (random.Next(8))
                {
                    case 0:
                        if (mine.Count > 0)
                        {
                            var (slot, id) = mine[^1];
                            if (!_table.TryFind(new NodeId(id), out var found) || found != slot)
                            {
                                lock (failures) failures.Add($"{id:x} is lost");
                            }
                            _table.Forget(slot, 1);
                            mine.RemoveAt(mine.Count - 1);
                        }
                        break;
                    case 1:
                        var e = random.Next(Directories);
                        var other = Encoding.UTF8.GetBytes($"n{random.Next(Names)}");
                        lock (locks[Math.Min(d, e)])
                            lock (locks[Math.Max(d, e)])
                            {
                                // As rename does: the target's name goes first.
                                var source = _table.Find(directories[d], name, count: true);
                                if (source != 0)
                                {
                                    if (_table.Find(directories[e], other, false) == source) { }
                                    else if (random.Next(2) == 0 && _table.Find(directories[e], other, count: true) is var target and > 0)
                                    {
                                        _table.ExchangeNames(directories[d], name, directories[e], other);
                                        _table.Forget(target, 1);
                                    }
                                    else
                                    {
                                        _table.RemoveName(directories[e], other);
                                        _table.MoveName(directories[d], name, directories[e], other);
                                    }
                                    _table.Forget(source, 1);
                                }
                            }
                        break;
                    case 2:
                        lock (locks[d]) _table.RemoveName(directories[d], name);
                        break;
                    default:
                        lock (locks[d])
                        {
                            var slot = _table.FindOrAdd(directories[d], name, new Node { Type = FileType.Regular, Inode = (ulong)random.Next(6) }, linked: random.Next(3) == 0, count: true, out _);
                            mine.Add((slot, _table[slot].Id));
                        }
                        break;
                }
            }
        });
        Assert.That(failures, Is.Empty);
        foreach (var (slot, _) in held.SelectMany(h => h)) _table.Forget(slot, 1);
        Assert.That(_table.Count, Is.EqualTo(1 + Directories));
        foreach (var directory in directories)
        {
            Assert.That(_table[directory].References, Is.Zero);
            _table.Forget(directory, 1);
        }
        Assert.That(_table.Count, Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_directory_whose_last_children_are_forgotten_at_once_is_removed_once(bool linked)
    {
        using var barrier = new Barrier(2);
        var forgotten = new int[2];
        var rounds = 200_000;
        var other = new Thread(() =>
        {
            for (var i = 0; i < rounds; i++)
            {
                barrier.SignalAndWait();
                _table.Forget(forgotten[1], 1);
                barrier.SignalAndWait();
            }
        });
        other.Start();
        var twice = 0;
        for (var i = 0; i < rounds; i++)
        {
            var d = Add(1, "d", inode: 9, linked);
            forgotten[0] = Add(d, "a");
            forgotten[1] = Add(d, "b");
            _table.Forget(d, 1);
            barrier.SignalAndWait();
            _table.Forget(forgotten[0], 1);
            barrier.SignalAndWait();
            if (_table.Count != 1) twice++;
        }
        Assert.That(other.Join(TimeSpan.FromSeconds(60)), Is.True);
        Assert.That((twice, _removed.Count, _removed.Distinct().Count()), Is.EqualTo((0, 3 * rounds, 3 * rounds)));
    }

    [Test]
    public void A_further_name_leaves_the_first_one_first()
    {
        var d = Add(1, "d");
        var a = Add(1, "a", inode: 5, linked: true);
        Add(d, "b", inode: 5, linked: true);
        Add(d, "c", inode: 5, linked: true);
        _table.AddName(a, d, "e"u8);
        Assert.That(NameOf(a), Is.EqualTo((1, "a")));
        Assert.That(_table.NamesOf(a).Select(n => Encoding.UTF8.GetString(n.Name)), Is.EquivalentTo(new[] { "a", "b", "c", "e" }));
    }

    // While a file with several names comes up, a lookup may have seen another state of it than the node is in.
    [TestCase(NodeFlags.None, NodeFlags.Upper | NodeFlags.Indexed, true)]
    [TestCase(NodeFlags.Upper | NodeFlags.Indexed, NodeFlags.None, true)]
    [TestCase(NodeFlags.None, NodeFlags.None, true)]
    [TestCase(NodeFlags.Upper, NodeFlags.Upper, true)]
    [TestCase(NodeFlags.Upper, NodeFlags.None, false)]
    [TestCase(NodeFlags.None, NodeFlags.Upper, false)]
    public void What_the_index_has_is_one_node_whatever_a_lookup_has_seen(NodeFlags known, NodeFlags found, bool isOne)
    {
        var a = _table.FindOrAdd(1, "a"u8, new Node { Type = FileType.Regular, Inode = 5, Flags = known }, linked: true, count: true, out _);
        var b = _table.FindOrAdd(1, "b"u8, new Node { Type = FileType.Regular, Inode = 5, Flags = found }, linked: true, count: true, out _);
        Assert.That(b == a, Is.EqualTo(isOne));
    }

    private void Removed(in Node node)
    {
        lock (_removed) _removed.Add(node.Id);
    }

    private int Add(int parent, string name, ulong inode = 100, bool linked = false) =>
        _table.FindOrAdd(parent, Encoding.UTF8.GetBytes(name), new Node { Type = FileType.Regular, Inode = inode }, linked, count: true, out _);

    private (int, string) NameOf(int slot)
    {
        var buffer = new byte[256];
        return _table.TryGetName(slot, buffer, out var length, out var parent) ? (parent, Encoding.UTF8.GetString(buffer, 0, length)) : (0, "");
    }
}
