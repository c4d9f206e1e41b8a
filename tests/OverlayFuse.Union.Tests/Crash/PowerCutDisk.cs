using System.Globalization;
using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>A union whose upper is on a disk that is recorded, many changes of its files, and what it shows after the power went at some time.</summary>
internal sealed class PowerCutDisk : IDisposable
{
    private const int Largest = 300_000;
    private const int LargestWhole = 320_000;
    private const int LargestPartial = 500_000;
    private const int Together = 30; // after so many files, those that are partial are dealt with at a time

    private readonly Random _random;
    private readonly JournaledDisk _disk;
    private readonly bool _isVolatile;
    private readonly TestUnion _union;
    private readonly List<CutFile> _files = [];
    private PowerCuts? _cuts;

    /// <param name="isVolatile">Nothing is synced, and nothing promised.</param>
    public PowerCutDisk(DiskFormat format, int seed, int files, bool isVolatile = false)
    {
        _random = new Random(seed);
        _isVolatile = isVolatile;
        var pace = new Random(seed);
        _disk = new JournaledDisk(format, () => pace.Next(4) == 0 ? pace.Next(4) : 0);
        try
        {
            foreach (var name in (string[])["upper", "work", "lower"]) Directory.CreateDirectory($"{_disk.Files}/{name}");
            _union = new TestUnion(format.HoldsLower ? 0 : 1)
            {
                Writable = _disk.Files,
                Wish = options =>
                {
                    options.WholeUpTo = LargestWhole;
                    if (isVolatile) options.Durability = Durability.Volatile;
                    if (format.HoldsLower) options.LowerDirectories.Add(Encoding.UTF8.GetBytes($"{_disk.Files}/lower"));
                },
            };
            MakeLower(format.HoldsLower ? $"{_disk.Files}/lower" : $"{_union.Path}/lower1", seed, files);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Events => _cuts!.Events;

    /// <summary>Times to cut the power, in their order.</summary>
    public IEnumerable<int> Times(int count, Random random) => Enumerable.Range(0, count).Select(_ => _cuts!.Choose(random)).Order();

    /// <summary>Changes every file while the journal is committed again and again, then takes the disk away.</summary>
    public void Run()
    {
        _union.Open();
        _disk.Record();
        using (var stop = new ManualResetEventSlim())
        {
            var journal = new Thread(() => Commit(stop)) { IsBackground = true };
            journal.Start();
            try
            {
                for (var i = 0; i < _files.Count; i++)
                {
                    Change(_files[i]);
                    if (i % Together == Together - 1) MakePlain(_files[..i]);
                }
            }
            finally
            {
                stop.Set();
                journal.Join();
            }
        }
        _union.Close();
        _cuts = _disk.Unplug();
    }

    /// <summary>What is wrong with the union after the power went after so many events. To be asked for one after the other, in their order.</summary>
    public List<string> Cut(int at, Random random)
    {
        _disk.MountAfter(_cuts!, at, random);
        try
        {
            if (_isVolatile) Directory.Delete($"{_disk.Files}/work/work/incompat/volatile", recursive: true); // which would refuse it
            _union.Boot = new BootId(Guid.NewGuid());
            _union.Open();
            return [.. _files.Select(file => Look(file, at)).OfType<string>()];
        }
        finally
        {
            _union.Close();
            _disk.Unmount();
        }
    }

    public void Dispose()
    {
        _cuts?.Dispose();
        _union?.Dispose();
        _disk.Dispose();
    }

    private string? Look(CutFile file, int at)
    {
        var error = _union.Kernel.Read(file.Name, out var bytes);
        return error == Errno.None ? file.Wrong(bytes, at) : $"{file.Name}: {error}";
    }

    private void MakeLower(string lower, int seed, int files)
    {
        for (var i = 0; i < files; i++)
        {
            var size = i % 8 == 7 ? LargestWhole + 1 + _random.Next(LargestPartial - LargestWhole) : _random.Next(4) switch { 0 => _random.Next(5000), 1 => _random.Next(64_000), _ => _random.Next(Largest) };
            var file = new CutFile(string.Create(CultureInfo.InvariantCulture, $"d{i % 5}/f{i}"), seed * 1000 + i, size);
            Directory.CreateDirectory(Path.GetDirectoryName($"{lower}/{file.Name}")!);
            File.WriteAllBytes($"{lower}/{file.Name}", file.Lower);
            _files.Add(file);
        }
    }

    // Somebody else's file, so that a commit of the journal may fall between any two steps of ours.
    private void Commit(ManualResetEventSlim stop)
    {
        using var other = File.OpenHandle($"{_disk.Files}/other", FileMode.Create, FileAccess.Write);
        var random = new Random(1);
        try
        {
            for (var i = 0; !stop.Wait(random.Next(3)); i++)
            {
                RandomAccess.Write(other, [(byte)i], i);
                RandomAccess.FlushToDisk(other);
            }
        }
        catch (IOException)
        {
            // The disk is gone, which the changes meet too.
        }
    }

    // As it is done in the background; it promises nothing.
    private void MakePlain(List<CutFile> among)
    {
        var partial = new List<(int Slot, OpenFile File)>();
        foreach (var file in among)
        {
            Check(_union.Kernel.Find(file.Name, out var entry), "lookup");
            Check(_union.Tree.Find(entry.Node, out var slot), "node");
            if (_union.Tree.Nodes[slot].State is OpenFile { Partial: not null } open) partial.Add((slot, open));
        }
        var batch = new PartialBatch(_union.Union.CopyUp, _union.Tree.Upper!, smallest: 1);
        batch.Commit(partial);
        partial.RemoveAll(_ => _random.Next(2) == 0);
        foreach (var (_, file) in partial)
        {
            while (!file.Partial!.IsComplete) Check(CopyUp.FillMore(file), "fill");
        }
        batch.Complete(partial);
    }

    private void Change(CutFile file)
    {
        var size = file.Now.Length;
        if (_random.Next(3) == 0) Check(_union.Kernel.Chmod(file.Name, 0x180), "chmod"); // its bytes come up in place
        if (_random.Next(5) == 0) Cut(file, _random.Next(size + 1));
        else
        {
            Write(file, size, _random.Next(1, 9000)); // an append
            if (_random.Next(3) == 0 && size > 0) Write(file, _random.Next(size), _random.Next(1, 9000));
        }
        if (_random.Next(3) != 0) return;
        Check(_union.Kernel.FSync(file.Name), "fsync");
        if (!_isVolatile) file.WasSynced(_disk.Device.Now);
        if (_random.Next(2) == 0) Write(file, file.Now.Length, _random.Next(1, 9000));
    }

    private void Write(CutFile file, int at, int length)
    {
        var data = CutFile.Bytes(_random.Next(), length);
        var bytes = file.Now.ToArray();
        if (bytes.Length < at + length) Array.Resize(ref bytes, at + length);
        data.CopyTo(bytes, at);
        file.Changes($"write {at}+{length}", _disk.Device.Now, bytes);
        Check(_union.Kernel.Write(file.Name, data, at), "write");
    }

    private void Cut(CutFile file, int size)
    {
        file.Changes($"truncate {size}", _disk.Device.Now, file.Now[..size]);
        Check(_union.Kernel.Truncate(file.Name, size), "truncate");
    }

    private static void Check(Errno error, string what) => Assert.That(error, Is.EqualTo(Errno.None), what);
}
