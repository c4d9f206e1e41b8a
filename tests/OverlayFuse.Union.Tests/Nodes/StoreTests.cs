using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

/// <summary>Slots and names: what is taken is kept, what is given back is used again.</summary>
internal class StoreTests
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(2000);

    [Test]
    public void Slots_in_use_are_distinct_and_keep_their_value() => Check.One(Config, Prop.ForAll(Arb.From(Gen.ListOf(Gen.Choose(0, 9999))), steps =>
    {
        var array = new SlotArray<long>();
        var used = new List<(int Slot, long Value)>();
        foreach (var step in steps)
        {
            if (step % 3 > 0 || used.Count == 0)
            {
                var slot = array.Allocate();
                if (slot <= 0 || array[slot] != 0 || used.Exists(u => u.Slot == slot)) return false;
                array[slot] = step + 1;
                used.Add((slot, step + 1));
            }
            else
            {
                var at = step % used.Count;
                if (array[used[at].Slot] != used[at].Value) return false;
                array.Free(used[at].Slot);
                used.RemoveAt(at);
            }
        }
        return array.Count == used.Count && used.TrueForAll(u => array[u.Slot] == u.Value && array.IsPresent(u.Slot));
    }));

    [Test]
    public void Names_kept_come_back_byte_by_byte() => Check.One(Config, Prop.ForAll(
        Arb.From(Gen.ListOf(from length in Gen.Choose(1, 255) from fill in Gen.Choose(0, 255) from drop in Gen.Choose(0, 3) select (length, (byte)fill, drop))), steps =>
    {
        var store = new NameStore();
        var kept = new List<(int Handle, byte[] Name)>();
        foreach (var (length, fill, drop) in steps)
        {
            var name = new byte[length];
            Array.Fill(name, fill);
            var handle = store.Add(name);
            if (handle == 0 || kept.Exists(k => k.Handle == handle)) return false;
            kept.Add((handle, name));
            if (drop != 0) continue;
            store.Remove(kept[length % kept.Count].Handle);
            kept.RemoveAt(length % kept.Count);
        }
        return kept.TrueForAll(k => store[k.Handle].SequenceEqual(k.Name));
    }));

    [Test]
    public void Slots_are_used_again_from_below()
    {
        var array = new SlotArray<int>();
        var slots = Enumerable.Range(0, 3000).Select(_ => array.Allocate()).ToArray();
        foreach (var slot in slots) array.Free(slot);
        Assert.That(array.ChunksDropped, Is.GreaterThan(3));
        Assert.That(array.Allocate(), Is.LessThan(512));
        Assert.That(array.IsPresent(2900), Is.False);
        Assert.That(array[2900], Is.Zero, "a late reader sees a free slot");
    }

    [Test]
    public void A_name_made_and_removed_in_turn_drops_nothing()
    {
        var array = new SlotArray<int>();
        var store = new NameStore();
        for (var i = 0; i < 1000; i++)
        {
            array.Free(array.Allocate());
            store.Remove(store.Add("name"u8));
        }
        Assert.That(array.ChunksDropped, Is.Zero);
        Assert.That(store.PagesDropped, Is.Zero);
    }

    [Test]
    public void Names_of_every_length_fit()
    {
        var store = new NameStore();
        var handles = new int[256];
        for (var length = 1; length < 256; length++) handles[length] = store.Add(Enumerable.Range(0, length).Select(i => (byte)(i + length)).ToArray());
        for (var length = 1; length < 256; length++)
            Assert.That(store[handles[length]].ToArray(), Is.EqualTo(Enumerable.Range(0, length).Select(i => (byte)(i + length)).ToArray()));
    }

    [Test]
    public void Names_of_equal_hash_in_one_shard_are_told_apart()
    {
        var shard = new NameShard();
        var records = new List<int>();
        for (var i = 0; i < 300; i++) records.Add(shard.Add(i % 3, [(byte)i, (byte)(i >> 8)], hash: 7, node: i + 1));
        for (var i = 0; i < 300; i += 2) shard.Remove(records[i]);
        for (var i = 0; i < 300; i++)
        {
            var found = shard.Find(i % 3, [(byte)i, (byte)(i >> 8)], 7);
            Assert.That(found == 0 ? 0 : shard[found].Node, Is.EqualTo(i % 2 == 0 ? 0 : i + 1));
            Assert.That(shard.Find((i + 1) % 3, [(byte)i, (byte)(i >> 8)], 7), Is.Zero);
        }
    }

    [Test]
    public void A_shard_shrinks_again()
    {
        var shard = new NameShard();
        var records = Enumerable.Range(0, 20_000).Select(i => shard.Add(1, BitConverter.GetBytes(i), NameHashOf(i), i + 1)).ToArray();
        for (var i = 0; i < records.Length - 1; i++) shard.Remove(records[i]);
        Assert.That(shard.Dropped, Is.GreaterThan(100));
        Assert.That(shard.Find(1, BitConverter.GetBytes(19_999), NameHashOf(19_999)), Is.EqualTo(records[^1]));
    }

    private static uint NameHashOf(int i) => (uint)NameHash.Of(BitConverter.GetBytes(i));
}
