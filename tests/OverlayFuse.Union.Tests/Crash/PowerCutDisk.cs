using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>A union whose upper is on a disk that is recorded, many changes of its files, and what it shows after the power went at some time.</summary>
internal sealed partial class PowerCutDisk : IDisposable
{
    private const int LargestWhole = 320_000;
    private const int Together = 30; // after so many files, those that are partial are dealt with at a time

    private readonly Random _random;
    private readonly DiskFormat _format;
    private readonly JournaledDisk _disk;
    private readonly bool _isVolatile;
    private readonly TestUnion _union;
    private readonly List<CutFile> _files = [];
    private PowerCuts? _cuts;

    /// <param name="isVolatile">Nothing is synced, and nothing promised.</param>
    public PowerCutDisk(DiskFormat format, int seed, int files, bool isVolatile = false)
    {
        _random = new Random(seed);
        (_format, _isVolatile) = (format, isVolatile);
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
        Assert.That(_union.Tree.Upper!.KeepsOrder, Is.EqualTo(_format.KeepsOrder));
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
}
