using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Random changes of a file that comes up in part, and of the same bytes in memory, with daemons that end and die in between. The name of a
/// test is its seed; OVERLAYFUSE_LONG=1 takes thousands.
/// </summary>
internal class PartialModelTests
{
    private const int Steps = 120;
    private const int Largest = 200_000;
    private const FallocateMode Punch = FallocateMode.PunchHole | FallocateMode.KeepSize;
    private const FallocateMode ZeroRangeKeepingSize = FallocateMode.ZeroRange | FallocateMode.KeepSize;

    private static IEnumerable<int> Seeds => Enumerable.Range(1, Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1" ? 4000 : 60);

    private static IEnumerable<int> SparseSeeds => Enumerable.Range(1, Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1" ? 600 : 9);

    [TestCaseSource(nameof(Seeds))]
    public void Any_sequence_gives_the_bytes_that_memory_gives(int seed)
    {
        if (seed % 4 == 0) OrdinaryUser.Run(() => Run(seed, Start, Largest));
        else Run(seed, Start, Largest);
    }

    [TestCaseSource(nameof(SparseSeeds))]
    public void And_so_with_holes_that_are_longer_than_what_is_filled_at_a_time(int seed) =>
        Run(seed, random => PartialUnion.Sparse(random, 1_100_000 + random.Next(2_000_000), islands: 6), largest: 4_000_000);

    private static void Run(int seed, Func<Random, byte[]> start, int largest)
    {
        var random = new Random(seed);
        var model = start(random);
        using var union = new PartialUnion(model, options => (options.Immutable, options.Settle) = (seed % 2 == 0, seed % 2 == 0 ? SettlePolicy.Never : SettlePolicy.OnUnmount));
        var done = new List<string>();
        try
        {
            for (var i = 0; i < Steps; i++) Step(union, random, ref model, largest, done);
            Same(union, model);
            union.Union.Settle(SettleForm.Plain);
            Same(union, model);
            Assert.That(File.Exists(union.UpperPath) && union.Mark("metacopy"), Is.False, "still a metacopy when settled");
            Assert.That((union.Maps.Length, union.IsFenced), Is.EqualTo((0, false)), "maps and fence when settled");
            Assert.That(union.Union.Lowers(), Is.EqualTo(union.Union.LowersBefore));
        }
        catch (Exception e) when (e is AssertionException or IOException or InvalidOperationException)
        {
            throw new AssertionException($"{e.Message}\nseed {seed}, after {string.Join("  ", done.TakeLast(20))}", e);
        }
    }

    // Some of it holes.
    private static byte[] Start(Random random)
    {
        var bytes = new byte[8193 + random.Next(Largest / 2)];
        random.NextBytes(bytes);
        for (var i = 0; i < 2; i++)
        {
            var at = random.Next(bytes.Length);
            Array.Clear(bytes, at, Math.Min(random.Next(30_000), bytes.Length - at));
        }
        return bytes;
    }

    private static void Step(PartialUnion union, Random random, ref byte[] model, int largest, List<string> done)
    {
        var at = random.Next(Math.Min(model.Length + 6000, largest));
        if (random.Next(4) == 0) at = at / 4096 * 4096;
        var length = 1 + random.Next(random.Next(4) == 0 ? 40_000 : 6000);
        if (random.Next(4) == 0) length = (length + 4095) / 4096 * 4096;
        switch (random.Next(20))
        {
            case 0 or 1 or 2 or 3 or 4:
                var data = new byte[length];
                random.NextBytes(data);
                done.Add($"write {at}+{length}");
                Assert.That(union.Write(at, data), Is.EqualTo(Errno.None));
                Put(ref model, at, data);
                break;
            case 5:
                done.Add($"append {length}");
                data = new byte[length % 100 + 1];
                random.NextBytes(data);
                Assert.That(union.Write(model.Length, data), Is.EqualTo(Errno.None));
                Put(ref model, model.Length, data);
                break;
            case 6 or 7:
                done.Add($"truncate {at}");
                Assert.That(union.Truncate(at), Is.EqualTo(Errno.None));
                Array.Resize(ref model, at);
                break;
            case 8 or 9:
                Zero(union, random.Next(3) switch { 0 => Punch, 1 => FallocateMode.ZeroRange, _ => ZeroRangeKeepingSize }, at, length, ref model, done);
                break;
            case 10:
                done.Add("fsync");
                Assert.That(union.FSync(), Is.EqualTo(Errno.None));
                break;
            case 11:
                done.Add("chmod");
                Assert.That(union.Kernel.Chmod(union.Name, random.Next(2) == 0 ? 0x124u : 0x1A4u), Is.EqualTo(Errno.None));
                break;
            case 12:
                done.Add("move");
                union.Move(union.Name == "d/f" ? "g" : "d/f");
                break;
            case 13:
                done.Add("seek");
                Seek(union, at, model);
                break;
            case 14:
                var isClean = random.Next(3) == 0;
                done.Add(isClean ? "mount again" : "die");
                union.Remount(isClean);
                Same(union, model);
                break;
            case 15:
                done.Add("link, and remove the first name");
                var other = union.Name == "d/f" ? "h" : "d/f";
                Assert.That(union.Kernel.Link(union.Name, "l"), Is.EqualTo(Errno.None));
                Assert.That(union.Kernel.Remove(union.Name, isDirectory: false), Is.EqualTo(Errno.None));
                Assert.That(union.Kernel.Rename("l", union.Name), Is.EqualTo(Errno.None), other);
                break;
            case 16:
                done.Add("forget");
                union.Kernel.ForgetAll();
                break;
            default:
                var seen = new byte[length];
                done.Add($"read {at}+{length}");
                Assert.That(union.Read(at, seen, out var count), Is.EqualTo(Errno.None));
                Assert.That(count, Is.EqualTo(Math.Clamp(model.Length - at, 0, length)));
                Equal(seen.AsSpan(0, count), model.AsSpan(Math.Min(at, model.Length), count), at);
                break;
        }
    }

    private static void Zero(PartialUnion union, FallocateMode mode, int at, int length, ref byte[] model, List<string> done)
    {
        done.Add($"zero ({mode}) {at}+{length}");
        var error = union.Allocate(mode, at, length);
        if (error == Errno.NOTSUP) return; // not in memory
        Assert.That(error, Is.EqualTo(Errno.None));
        if (mode != FallocateMode.ZeroRange) length = Math.Clamp(model.Length - at, 0, length);
        if (length > 0) Put(ref model, at, new byte[length]);
    }

    // Data and holes may be coarser than the bytes, but no byte that is not zero is in a hole.
    private static void Seek(PartialUnion union, int from, byte[] model)
    {
        var isHole = false;
        for (long at = from; at < model.Length;)
        {
            var error = union.Kernel.Union.LSeek(union.Kernel.Request, union.Node, 0, at, isHole ? Whence.Hole : Whence.Data, out var next);
            if (error == Errno.NXIO && !isHole) next = model.Length;
            else Assert.That(error, Is.EqualTo(Errno.None));
            Assert.That(next, Is.InRange(at, model.Length));
            if (!isHole) Assert.That(model.AsSpan((int)at, (int)(next - at)).IndexOfAnyExcept((byte)0), Is.EqualTo(-1), $"data in a hole from {at} to {next}");
            (at, isHole) = (next, !isHole);
        }
    }

    private static void Same(PartialUnion union, byte[] model)
    {
        var bytes = union.Bytes();
        Assert.That(bytes.Length, Is.EqualTo(model.Length));
        Equal(bytes, model, 0);
    }

    private static void Equal(ReadOnlySpan<byte> seen, ReadOnlySpan<byte> expected, int at)
    {
        var differs = seen.CommonPrefixLength(expected);
        Assert.That(differs, Is.EqualTo(expected.Length), $"byte {at + differs} is another one");
    }

    private static void Put(ref byte[] model, int at, ReadOnlySpan<byte> data)
    {
        if (model.Length < at + data.Length) Array.Resize(ref model, at + data.Length);
        data.CopyTo(model.AsSpan(at));
    }
}
