using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Small files come up whole, and nothing is synced for it: until they are on disk, their marks lead to what is below.</summary>
internal class UnsyncedCopyTests
{
    private const int Size = 10_000;

    [Test]
    public void All_bytes_are_in_the_upper_and_none_is_synced()
    {
        using var union = Open();
        var watcher = new CallWatcher();
        using (SyscallSeam.Watch(watcher)) Assert.That(union.Write(Size, "!"u8), Is.EqualTo(Errno.None));
        Assert.That(watcher.Calls, Does.Contain("Rename").And.Not.Contain("Sync"));
        Assert.That(File.ReadAllBytes(union.UpperPath), Is.EqualTo((byte[])[.. Lower(), (byte)'!']));
        Assert.That((union.Mark("metacopy"), union.IsPartial, union.Maps.Length, union.IsFenced), Is.EqualTo((true, true, 1, true)));
        Assert.That(union.Union.Union.Status().Written.WholeFiles, Is.EqualTo(1));
        Assert.That(union.Bytes(), Is.EqualTo((byte[])[.. Lower(), (byte)'!']));
    }

    [Test]
    public void It_is_explained_as_what_it_is()
    {
        using var union = Open();
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        using var unmounted = new UnmountedUnion([Encoding.UTF8.GetBytes($"{union.Union.Path}/lower1")], [], Encoding.UTF8.GetBytes(union.Union.Upper),
            Encoding.UTF8.GetBytes($"{union.Union.Path}/work"), readOnly: false);
        Assert.That(unmounted.Explain("d/f"u8, out var explanation), Is.EqualTo(Errno.None));
        Assert.That((explanation!.Decisive!.IsPartial, explanation.Decisive.IsMetacopy, explanation.DataPlace), Is.EqualTo((false, false, (byte[]?)null)));
    }

    [Test]
    public void It_becomes_plain_soon()
    {
        using var union = Open();
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(() => union.Mark("metacopy") || union.IsPartial || union.IsFenced, Is.False.After(60_000, 50));
        Assert.That(File.ReadAllBytes(union.UpperPath), Is.EqualTo(Put(Lower(), 5, "new"u8)));
        union.Union.Boot = new BootId(Guid.NewGuid());
        union.Remount(clean: false);
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 5, "new"u8)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void So_does_one_that_was_only_cut(bool isLost)
    {
        using var union = Open();
        Assert.That(union.Truncate(3000), Is.EqualTo(Errno.None));
        if (isLost) LosePower(union);
        else Assert.That(() => union.Mark("metacopy"), Is.False.After(60_000, 50));
        Assert.That(union.Bytes(), Is.EqualTo(Lower()[..3000]));
    }

    [Test]
    public void The_death_of_the_daemon_takes_nothing()
    {
        using var union = Open();
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        union.Remount(clean: false);
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 5, "new"u8)));
        union.Remount(clean: true);
        Assert.That((union.Mark("metacopy"), union.IsPartial, union.Maps.Length, union.IsFenced), Is.EqualTo((false, false, 0, false)));
        Assert.That(File.ReadAllBytes(union.UpperPath), Is.EqualTo(Put(Lower(), 5, "new"u8)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_loss_of_power_leaves_what_is_below_whatever_is_above(bool keepsMap)
    {
        using var union = Open();
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        File.WriteAllBytes(union.UpperPath, new byte[Size]);
        LosePower(union, keepsMap);
        Assert.That(union.Bytes(), Is.EqualTo(Lower()));
        Assert.That((union.Write(20, "again"u8), union.FSync()), Is.EqualTo((Errno.None, Errno.None)));
        LosePower(union);
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 20, "again"u8)));
    }

    [Test]
    public void What_was_synced_is_plain()
    {
        using var union = Open();
        Assert.That((union.Write(5, "new"u8), union.FSync()), Is.EqualTo((Errno.None, Errno.None)));
        Assert.That((union.Mark("metacopy"), union.IsPartial, union.Maps.Length), Is.EqualTo((false, false, 0)));
        LosePower(union);
        Assert.That(union.Bytes(), Is.EqualTo(Put(Lower(), 5, "new"u8)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void It_has_the_same_bytes_under_a_second_name(bool isLost)
    {
        using var union = Open();
        Assert.That((union.Write(5, "new"u8), union.Kernel.Link("d/f", "g")), Is.EqualTo((Errno.None, Errno.None)));
        if (isLost) LosePower(union);
        else union.Remount(clean: false);
        foreach (var name in (string[])["d/f", "g"])
        {
            union.Named(name);
            Assert.That(union.Bytes(), Is.EqualTo(isLost ? Lower() : Put(Lower(), 5, "new"u8)), name);
        }
        union.Remount(clean: true);
        Assert.That((union.Mark("metacopy"), union.IsPartial, union.Maps.Length), Is.EqualTo((false, false, 0)));
    }

    [Test]
    public void It_is_found_under_another_name()
    {
        using var union = Open();
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        union.Move("d/g");
        Assert.That(union.Kernel.Rename("d", "e"), Is.EqualTo(Errno.None).Or.EqualTo(Errno.XDEV));
        if (Directory.Exists($"{union.Union.Upper}/e")) union.Named("e/g");
        LosePower(union);
        Assert.That(union.Bytes(), Is.EqualTo(Lower()));
    }

    [Test]
    public void A_removed_one_leaves_nothing()
    {
        using var union = Open();
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Kernel.Remove("d/f", isDirectory: false), Is.EqualTo(Errno.None));
        union.Kernel.ForgetAll();
        Assert.That(() => (union.Maps.Length, union.IsFenced), Is.EqualTo((0, false)).After(20_000, 50));
    }

    [Test]
    public void An_ordinary_user_has_it_too() => OrdinaryUser.Run(() =>
    {
        using var union = Open(form: TestUnion.Form.OrdinaryUser);
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That(union.Mark("partial", "user"), Is.True);
        LosePower(union);
        Assert.That(union.Bytes(), Is.EqualTo(Lower()));
        Assert.That((union.Write(5, "new"u8), union.FSync(), union.Mark("partial", "user")), Is.EqualTo((Errno.None, Errno.None, false)));
    });

    [TestCase(Durability.Strict, SettlePolicy.Idle)]
    [TestCase(Durability.Volatile, SettlePolicy.Idle)]
    [TestCase(Durability.Ordered, SettlePolicy.OnUnmount)]
    [TestCase(Durability.Ordered, SettlePolicy.Never)]
    public void Other_mounts_do_not(Durability durability, SettlePolicy settle)
    {
        using var union = Open(options => (options.Durability, options.Settle, options.Immutable) = (durability, settle, true));
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        Assert.That((union.Mark("metacopy"), union.IsPartial, union.Maps.Length, union.IsFenced), Is.EqualTo((false, false, 0, false)));
    }

    private static PartialUnion Open(Action<UnionOptions>? wish = null, TestUnion.Form? form = null) => new(Lower(), options =>
    {
        (options.WholeUpTo, options.Settle) = (1 << 20, SettlePolicy.Idle);
        wish?.Invoke(options);
    }, form: form);

    // The next mount is in another boot, and the map may not have come to the disk.
    private static void LosePower(PartialUnion union, bool keepsMap = false)
    {
        union.Union.Close();
        if (!keepsMap && union.Maps is [var map]) File.Delete(map);
        union.Union.Boot = new BootId(Guid.NewGuid());
        union.Union.Open();
    }

    private static byte[] Lower()
    {
        var bytes = new byte[Size];
        new Random(11).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Put(byte[] bytes, int at, ReadOnlySpan<byte> data)
    {
        data.CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
