using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// The power of a real file system goes at any time, with what its disk had in a volatile cache: what was copied is whole, what was synced is there.
/// The number is a seed, but for when the kernel writes. OVERLAYFUSE_LONG=1 takes many more, and rarer kinds of file systems.
/// </summary>
internal class DiskPowerCutTests
{
    private const int Files = 90;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1";

    private static readonly int Cuts = IsLong ? 150 : 40;

    private static IEnumerable<object[]> Cases =>
        from format in (DiskFormat[])[DiskFormat.Ext4, DiskFormat.Xfs, DiskFormat.XfsWithLower, .. IsLong ? DiskFormat.Rarer : []]
        from seed in Enumerable.Range(1, IsLong ? 15 : 1)
        select new object[] { format, seed };

    [TestCaseSource(nameof(Cases))]
    public void A_copy_is_whole_and_what_was_synced_is_there(DiskFormat format, int seed)
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse") || !File.Exists("/dev/loop-control")) Assert.Ignore("needs root, /dev/fuse and /dev/loop-control");

        using var disk = new PowerCutDisk(format, seed, Files);
        disk.Run();
        var random = new Random(seed);
        var (bad, wrong) = (0, new List<string>());
        foreach (var at in Enumerable.Range(0, Cuts).Select(_ => random.Next(1, disk.Events + 1)).Order())
        {
            var seen = disk.Cut(at, random);
            if (seen.Count > 0) bad++;
            wrong.AddRange(seen.Select(line => $"cut after event {at} of {disk.Events}: {line}"));
        }
        Assert.That(wrong, Is.Empty, $"{format}, seed {seed}: {bad} of {Cuts} cuts\n{string.Join('\n', wrong.Take(20))}");
    }
}
