using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// The power goes at any call: what was synced is there, and every other byte is one that it was since. The name of a test is its seed;
/// OVERLAYFUSE_LONG=1 takes many more.
/// </summary>
internal class PowerCutTests
{
    private const int Steps = 14;
    private const int Cuts = 40;
    private const int Largest = 60_000;
    private const FallocateMode Punch = FallocateMode.PunchHole | FallocateMode.KeepSize;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1";

    private static IEnumerable<int> Seeds => Enumerable.Range(1, IsLong ? 1500 : 30);

    private static IEnumerable<int> SparseSeeds => Enumerable.Range(1, IsLong ? 100 : 9);

    [TestCaseSource(nameof(Seeds))]
    public void What_was_synced_is_there_and_every_byte_was_written_once(int seed)
    {
        var random = new Random(seed);
        var lower = new byte[8193 + random.Next(Largest / 2)];
        random.NextBytes(lower);
        Run(random, seed, lower, Largest, Cuts);
    }

    [TestCaseSource(nameof(SparseSeeds))]
    public void It_is_so_with_holes_that_are_longer_than_what_is_filled_at_a_time(int seed)
    {
        var random = new Random(seed);
        Run(random, seed, PartialUnion.Sparse(random, 1_100_000 + random.Next(400_000), islands: 4), 1_500_000, IsLong ? Cuts : 8);
    }

    private static void Run(Random random, int seed, byte[] lower, int largest, int cuts)
    {
        using var union = new PartialUnion(lower, options => (options.Immutable, options.Settle) = (seed % 3 > 0, seed % 3 > 0 ? SettlePolicy.Never : SettlePolicy.OnUnmount));

        // From a file that is partial, and on disk but for what was written to it.
        var model = lower.ToArray();
        var at = lower.Length / 3;
        Assert.That(union.Write(at, [1]), Is.EqualTo(Errno.None));
        model[at] = 1;
        var story = new Story(union, model);
        using (SyscallSeam.Watch(story.Disk))
        {
            for (var i = 0; i < Steps; i++) story.Step(random, largest);
        }
        union.Union.Close();
        for (var i = 0; i < cuts; i++) story.Cut(random, seed);
    }

    [Test]
    public void A_cut_that_was_not_synced_happened_or_it_did_not()
    {
        var lower = new byte[30_000];
        new Random(1).NextBytes(lower);
        using var union = new PartialUnion(lower, options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        Assert.That(union.Write(9000, new byte[9000]), Is.EqualTo(Errno.None));
        Array.Clear(lower, 9000, 9000);
        var story = new Story(union, lower);
        using (SyscallSeam.Watch(story.Disk))
        {
            story.Do("fsync", model => model, () => union.FSync());
            story.Do("truncate 10000", model => model[..10000], () => union.Truncate(10000));
            story.Do("extend again", model => [.. model, .. new byte[20000]], () => union.Truncate(30000));
            story.Do("write", model => [.. model[..29000], 7, .. model[29001..]], () => union.Write(29000, [7]));
            story.Do("fsync", model => model, () => union.FSync());
        }
        union.Union.Close();
        var random = new Random(2);
        for (var i = 0; i < 400; i++) story.Cut(random, 0);
    }

    [Test]
    public void What_nobody_syncs_is_committed_in_the_background()
    {
        var lower = new byte[30_000];
        new Random(3).NextBytes(lower);
        using var union = new PartialUnion(lower, options => (options.Immutable, options.Settle) = (true, SettlePolicy.Never));
        Assert.That(union.Write(100, [1]), Is.EqualTo(Errno.None));
        lower[100] = 1;
        var story = new Story(union, lower);
        using (SyscallSeam.Watch(story.Disk))
        {
            for (var i = 0; i < 8; i++)
            {
                var (at, value) = (i * 4096, (byte)(i + 1)); // each in a block of its own
                story.Do("write", model => [.. model[..at], value, .. model[(at + 1)..]], () => union.Write(at, [value]));
                story.Do("commit", model => model, union.CommitUnasked);
            }
        }
        union.Union.Close();
        var random = new Random(4);
        for (var i = 0; i < 200; i++) story.Cut(random, 0);
    }

    [Test]
    public void What_is_committed_and_made_plain_together_with_others_is_there()
    {
        var lower = new byte[30_000];
        new Random(5).NextBytes(lower);
        using var union = new PartialUnion(lower);
        Assert.That(union.Write(100, [1]), Is.EqualTo(Errno.None));
        lower[100] = 1;
        var story = new Story(union, lower);
        using (SyscallSeam.Watch(story.Disk))
        {
            for (var i = 0; i < 4; i++)
            {
                var (at, value) = (i * 4096, (byte)(i + 1));
                story.Do("write", model => [.. model[..at], value, .. model[(at + 1)..]], () => union.Write(at, [value]));
                story.Do("commit", model => model, () => union.InBatch((batch, files) => batch.Commit(files)));
            }
            story.Do("truncate 20000", model => model[..20_000], () => union.Truncate(20_000));
            story.Do("extend again", model => [.. model, .. new byte[5000]], () => union.Truncate(25_000));
            story.Do("commit", model => model, () => union.InBatch((batch, files) =>
            {
                while (!files[0].File.Partial!.IsComplete) Assert.That(CopyUp.FillMore(files[0].File), Is.EqualTo(Errno.None));
                batch.Complete(files);
            }));
            story.Do("write", model => [.. model[..10], 9, .. model[11..]], () => union.Write(10, [9]));
        }
        Assert.That(union.Mark("metacopy"), Is.False);
        union.Union.Close();
        var random = new Random(6);
        for (var i = 0; i < 400; i++) story.Cut(random, 0);
    }

    /// <summary>What was done to a file, and what it held after each step.</summary>
    private sealed class Story
    {
        private readonly PartialUnion _union;
        private readonly List<State> _states = [];
        private readonly ulong _upper;
        private readonly string _map;
        private readonly ulong _mapInode;
        private readonly byte[] _upperBegin;
        private readonly byte[] _mark = new byte[PartialMark.YoungLength]; // as it was set when the map was made, which is not on disk
        private readonly string _upperPath;

        public Story(PartialUnion union, byte[] model)
        {
            _union = union;
            _upperPath = union.UpperPath;
            _map = union.Maps.Single();
            Assert.That(Syscall.Stat(_upperPath, out var status), Is.EqualTo(Errno.None));
            (_upper, _upperBegin) = (status.Inode, new byte[status.Size]);
            Assert.That(Syscall.Stat(_map, out status), Is.EqualTo(Errno.None));
            _mapInode = status.Inode;
            Disk.Wrote(_upper, File.ReadAllBytes(_upperPath));
            Disk.Wrote(_mapInode, File.ReadAllBytes(_map));
            Assert.That(Syscall.GetXattrAt(DirFd.Cwd, Encoding.UTF8.GetBytes(_upperPath), "trusted.overlay.partial"u8, _mark, out var length), Is.EqualTo(Errno.None));
            Assert.That(length, Is.EqualTo(PartialMark.YoungLength));

            // The file is on disk by now, with its marks; of its map nothing needs to be.
            _states.Add(new State("begin", 0, 0, model, false));
            _states.Add(new State("begin, before", 0, 0, WithLower(model, union), false));
        }

        public RecordedDisk Disk { get; } = new();

        public void Do(string what, Func<byte[], byte[]> change, Func<Errno> act)
        {
            var begin = Disk.Now;
            var model = change(_states[^1].What == "begin, before" ? _states[0].Bytes : _states[^1].Bytes);
            Assert.That(act(), Is.EqualTo(Errno.None).Or.EqualTo(Errno.NOTSUP), what);
            _states.Add(new State(what, begin, Disk.Now, model, what is "fsync" or "commit"));
        }

        public void Step(Random random, int largest)
        {
            var length = 1 + random.Next(random.Next(3) == 0 ? 12_000 : 600);
            var size = _states[^1].What == "begin, before" ? _states[0].Bytes.Length : _states[^1].Bytes.Length;
            var at = random.Next(Math.Min(size + 3000, largest));
            switch (random.Next(8))
            {
                case 0 or 1 or 2 or 3:
                    var data = new byte[length];
                    random.NextBytes(data);
                    Do($"write {at}+{length}", model => Put(model, at, data), () => _union.Write(at, data));
                    break;
                case 4:
                    Do($"truncate {at}", model => Resized(model, at), () => _union.Truncate(at));
                    break;
                case 5:
                    Do($"punch {at}+{length}", model => Put(model, at, new byte[Math.Clamp(model.Length - at, 0, length)]), () => _union.Allocate(Punch, at, length));
                    break;
                default:
                    Do("fsync", model => model, () => _union.FSync());
                    break;
            }
        }

        /// <summary>Makes the disk one that the loss of power may leave, and mounts it in another boot.</summary>
        public void Cut(Random random, int seed)
        {
            var calls = random.Next(Disk.Now + 1);
            PartialUnion.Put(_upperPath, Disk.After(calls, _upper, _upperBegin, random));
            var isUnmarked = Disk.IsUnmarked(calls, _upper) ?? random.Next(2) == 0;
            Marks(!isUnmarked, Disk.IsGrown(calls, _upper) ?? random.Next(2) == 0);
            var map = Disk.After(calls, _mapInode, [], random);
            if (isUnmarked || (map.Length == 0 && random.Next(2) == 0)) File.Delete(_map);
            else File.WriteAllBytes(_map, map);
            _union.Union.Boot = new BootId(Guid.NewGuid());
            _union.Union.Open();
            try
            {
                var bytes = _union.Bytes();
                Check(bytes, calls, $"seed {seed}, power cut after call {calls} of {Disk.Now}: {string.Join("  ", _states.Select(s => $"{s.What} [{s.Begin}-{s.End}]"))}");

                // And what is done from then on counts.
                Assert.That(_union.Write(5000, [9, 9, 9]), Is.EqualTo(Errno.None));
                _union.Union.Close();
                _union.Union.Open();
                bytes = Put(bytes, 5000, [9, 9, 9]);
                Assert.That(_union.Bytes().AsSpan().SequenceEqual(bytes), Is.True, $"written after the recovery, {seed}");
                Assert.That(_union.FSync(), Is.EqualTo(Errno.None));
                Assert.That(_union.Bytes().AsSpan().SequenceEqual(bytes), Is.True, $"brought up after the recovery, {seed}");
            }
            finally
            {
                _union.Union.Close();
            }
        }

        private void Check(byte[] bytes, int calls, string where)
        {
            var last = _states.FindLastIndex(s => s.IsSync && s.End <= calls);
            var legal = _states.Where((s, i) => (i >= last || last < 0) && s.Begin <= calls).ToList();
            if (!legal.Exists(s => s.Bytes.Length == bytes.Length)) Assert.Fail($"a size that it never had, {bytes.Length}; {where}");
            var shortest = legal.Min(s => s.Bytes.Length);
            for (var at = 0; at < bytes.Length; at++)
            {
                if (legal.Exists(s => at < s.Bytes.Length && s.Bytes[at] == bytes[at])) continue;

                // A byte that a lost write was to bring, in a file that was extended by it.
                var wasShort = legal.FindIndex(s => s.Bytes.Length <= at);
                if (bytes[at] == 0 && at >= shortest && legal.Skip(wasShort).Any(s => s.Bytes.Length > at)) continue;
                Assert.Fail($"byte {at} is {bytes[at]}, which it never was; {where}");
            }
        }

        private void Marks(bool areThere, bool areGrown)
        {
            var path = Encoding.UTF8.GetBytes(_upperPath);
            if (areThere)
            {
                Assert.That(Syscall.SetXattrAt(DirFd.Cwd, path, "trusted.overlay.metacopy"u8, [], XattrFlags.None), Is.EqualTo(Errno.None));
                Assert.That(Syscall.SetXattrAt(DirFd.Cwd, path, "trusted.overlay.partial"u8, areGrown ? _mark.AsSpan(0, PartialMark.Length) : _mark, XattrFlags.None), Is.EqualTo(Errno.None));
                return;
            }
            _ = Syscall.RemoveXattrAt(DirFd.Cwd, path, "trusted.overlay.metacopy"u8);
            _ = Syscall.RemoveXattrAt(DirFd.Cwd, path, "trusted.overlay.partial"u8);
        }

        private static byte[] WithLower(byte[] model, PartialUnion union) => File.ReadAllBytes($"{union.Union.Path}/lower1/d/f") is var lower && lower.Length == model.Length ? lower : model;

        private static byte[] Resized(byte[] model, int size)
        {
            model = model.ToArray();
            Array.Resize(ref model, size);
            return model;
        }

        private static byte[] Put(byte[] model, int at, ReadOnlySpan<byte> data)
        {
            model = model.ToArray();
            if (data.Length > 0 && model.Length < at + data.Length) Array.Resize(ref model, at + data.Length);
            if (data.Length > 0) data.CopyTo(model.AsSpan(at));
            return model;
        }

        private sealed record State(string What, int Begin, int End, byte[] Bytes, bool IsSync);
    }
}
