using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>By what a layer is known at the next mount, and that it is, although the kernel numbers devices as they come.</summary>
internal class LayerIdentityTests
{
    private const int Size = 3_000_000;

    [TestCase(0x0000_0701ul, 7u, 1u, true)]
    [TestCase(0x1234_0756ul, 7u, 0x12356u, false, TestName = "other minor bits")]
    [TestCase(0x1230_0756ul, 7u, 0x12356u, true)]
    [TestCase(0x8f3c_2a11_0d52_7b9cul, 7u, 1u, false, TestName = "an id of its own")]
    public void An_id_that_is_but_the_number_of_a_device_is_known_as_that(ulong id, uint major, uint minor, bool isNumber) =>
        Assert.That(LayerIdentity.IsDeviceNumber(id, new FileStatus { DeviceMajor = major, DeviceMinor = minor }), Is.EqualTo(isNumber));

    [Test]
    public void Ext4_is_known_by_its_id_and_the_handle_of_the_root()
    {
        var status = new FileStatus { DeviceMajor = 254, DeviceMinor = 0 };
        using var scratch = new Scratch();
        var identity = LayerIdentity.Of(scratch.Work, "/l"u8.ToArray(), "/l"u8.ToArray(), status, new FileSystemStatus { FileSystemId = 0x1122334455667788 }, out var former);
        Assert.That(Convert.ToHexStringLower(identity), Does.StartWith("688877665544332211"));
        Assert.That(former, Is.Empty);
    }

    [Test]
    public void Without_an_id_a_layer_is_known_by_its_path()
    {
        using var scratch = new Scratch();
        Assert.That(LayerIdentity.Of(scratch.Work, "/l"u8.ToArray(), "/real"u8.ToArray(), default, default, out var former), Is.EqualTo("p/l"u8.ToArray()));
        Assert.That(former, Is.Empty);
    }

    [Test]
    public void A_layer_on_XFS_is_the_same_on_a_device_of_another_number()
    {
        using var disk = Disks();
        disk.Shell("truncate -s 320M disk && mkfs.xfs -q disk && mkdir mnt");
        using LoopDevice first = new(), second = new();
        var bytes = new byte[Size];
        new Random(3).NextBytes(bytes);
        using var union = new TestUnion(0) { Wish = options => Stack(options, $"{disk.Path}/mnt/layer") };
        var (device, identity) = (0ul, "");
        foreach (var loop in (LoopDevice[])[first, second, first])
        {
            disk.Shell($"losetup {loop.Path} disk && mount {loop.Path} mnt && mkdir -p mnt/layer");
            try
            {
                Assert.That(Syscall.Stat($"{disk.Path}/mnt", out var status), Is.EqualTo(Errno.None));
                Assert.That(status.Device, Is.Not.EqualTo(device));
                (device, var before) = (status.Device, identity);
                identity = IdentityOf($"{disk.Path}/mnt");
                Assert.That(identity, before.Length > 0 ? Is.EqualTo(before) : Does.StartWith("75"), "by the UUID");
                if (before.Length == 0) File.WriteAllBytes($"{disk.Path}/mnt/layer/f", bytes);

                union.Open();
                if (before.Length == 0) Assert.That((union.Kernel.Write("f", "new"u8, 1_000_000), union.Kernel.FSync("f")), Is.EqualTo((Errno.None, Errno.None)));
                "new"u8.CopyTo(bytes.AsSpan(1_000_000));
                Assert.That(Directory.GetFiles($"{union.Path}/work/overlayfuse/partial"), Has.Length.EqualTo(1), "else nothing of it is read from below");
                Assert.That(Read(union).AsSpan().SequenceEqual(bytes), Is.True);
                union.Close();
            }
            finally
            {
                // A program that a test beside this one starts has copies of all descriptors until it is itself.
                disk.Shell($"for i in 1 2 3 4 5 6 7 8; do umount mnt && break; sleep 0.1; done; losetup -d {loop.Path}");
            }
        }
    }

    [Test]
    public void A_copy_of_a_disk_is_another_layer()
    {
        using var disk = Disks();
        disk.Shell("truncate -s 16M a && mkfs.ext4 -q a && mkdir l m && mount -o loop a l && echo a >l/f && umount l && cp a b && mount -o loop a l && mount -o loop b m && mv m/f m/g");
        try
        {
            using var union = new TestUnion(0) { Wish = options => options.LowerDirectories.AddRange([Encoding.UTF8.GetBytes($"{disk.Path}/l"), Encoding.UTF8.GetBytes($"{disk.Path}/m")]) };
            for (var i = 0; i < 2; i++)
            {
                union.Open();
                Assert.That((union.Kernel.Find("f", out var f), union.Kernel.Find("g", out var g)), Is.EqualTo((Errno.None, Errno.None)));
                Assert.That(g.Attributes.Inode, Is.Not.EqualTo(f.Attributes.Inode));
                union.Close();
            }
        }
        finally
        {
            disk.Shell("for i in 1 2 3 4 5 6 7 8; do umount l m && break; sleep 0.1; done");
        }
    }

    [Test]
    public void The_UUID_of_XFS_is_the_same_by_the_call_of_earlier_kernels()
    {
        using var disk = Disks();
        disk.Shell("truncate -s 320M disk && mkfs.xfs -q -m uuid=00112233-4455-6677-8899-aabbccddeeff disk && mkdir mnt && mount -o loop disk mnt");
        try
        {
            Assert.That(Syscall.Open($"{disk.Path}/mnt", OpenFlags.ReadOnly | OpenFlags.Directory, out var fd), Is.EqualTo(Errno.None));
            byte[] uuid = new byte[16], earlier = new byte[16];
            Assert.That((Syscall.GetFileSystemUuid(fd, uuid), Syscall.GetXfsUuid(fd, earlier)), Is.EqualTo((Errno.None, Errno.None)));
            fd.Close();
            Assert.That(Convert.ToHexStringLower(earlier), Is.EqualTo("00112233445566778899aabbccddeeff"));
            Assert.That(uuid, Is.EqualTo(earlier));
        }
        finally
        {
            disk.Shell("umount mnt");
        }
    }

    private static Scratch Disks()
    {
        if (!Scratch.IsRoot || !File.Exists("/dev/loop-control")) Assert.Ignore("needs root and /dev/loop-control");
        return new Scratch("/var/tmp");
    }

    private static void Stack(UnionOptions options, string lower)
    {
        options.LowerDirectories.Add(Encoding.UTF8.GetBytes(lower));
        (options.WholeUpTo, options.Immutable, options.Settle) = (8192, true, SettlePolicy.Never);
    }

    private static string IdentityOf(string path)
    {
        var root = LayerOpener.OpenDirectory("layer", Encoding.UTF8.GetBytes(path));
        Assert.That(Syscall.StatFs(root.Fd, out var fileSystem), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Stat(root.Fd, out var status), Is.EqualTo(Errno.None));
        var identity = LayerIdentity.Of(root, Encoding.UTF8.GetBytes(path), Encoding.UTF8.GetBytes(path), status, fileSystem, out _);
        root.Close();
        return Convert.ToHexStringLower(identity);
    }

    private static byte[] Read(TestUnion union)
    {
        Assert.That(union.Kernel.Find("f", out var entry), Is.EqualTo(Errno.None));
        var bytes = new byte[Size];
        for (var at = 0; at < Size;)
        {
            Assert.That(union.Kernel.Union.Read(union.Kernel.Request, entry.Node, 0, at, bytes.AsSpan(at, Math.Min(Size - at, 1 << 17)), out var count), Is.EqualTo(Errno.None));
            at += count;
        }
        return bytes;
    }
}
