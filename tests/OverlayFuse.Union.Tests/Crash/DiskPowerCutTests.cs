using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// The power of a real file system goes at any time, with what its disk had in a volatile cache: what was copied is whole, what was synced is there.
/// The number is a seed, but when the kernel writes is not in our hands. OVERLAYFUSE_LONG=1 takes many more, and rarer kinds of file systems.
/// </summary>
internal class DiskPowerCutTests
{
    private const int Files = 90;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1";

    private static IEnumerable<object[]> Cases =>
        from format in (DiskFormat[])[DiskFormat.Ext4, DiskFormat.Xfs, DiskFormat.XfsWithLower, .. IsLong ? DiskFormat.Rarer : []]
        from seed in Enumerable.Range(1, IsLong ? 4 : 1)
        select new object[] { format, seed };

    [TestCaseSource(nameof(Cases))]
    public void A_copy_is_whole_and_what_was_synced_is_there(DiskFormat format, int seed)
    {
        var cuts = IsLong ? 150 : format == DiskFormat.Ext4 ? 50 : 20; // which are slower there
        var wrong = Cut(format, seed, Files, cuts, isVolatile: false);
        Assert.That(wrong.Take(20), Is.Empty, $"{format}, seed {seed}");
    }

    [Test]
    public void Without_syncs_copies_are_lost_which_this_test_sees()
    {
        Assert.That(Cut(DiskFormat.Ext4, seed: 1, files: 40, cuts: 10, isVolatile: true), Is.Not.Empty);
    }

    private static List<string> Cut(DiskFormat format, int seed, int files, int cuts, bool isVolatile)
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse") || !File.Exists("/dev/loop-control")) Assert.Ignore("needs root, /dev/fuse and /dev/loop-control");

        using var disk = new PowerCutDisk(format, seed, files, isVolatile);
        disk.Run();
        var random = new Random(seed);
        return [.. disk.Times(cuts, random).ToList().SelectMany(at => disk.Cut(at, random).Select(line => $"power cut after event {at} of {disk.Events}: {line}"))];
    }
}
