using BenchmarkDotNet.Attributes;
using OverlayFuse.Fuse;

namespace OverlayFuse.Bench;

/// <summary>A directory listed whole, its entries spread over the layers.</summary>
public class ListingBenchmarks
{
    private const int Entries = 10_000;

    private readonly byte[] _room = new byte[64 << 10];
    private EngineUnderTest _engine = null!;
    private NodeId _directory;

    [Params(1, 10, 100)]
    public int Layers { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _engine = new EngineUnderTest(Layers);
        for (var i = 1; i <= Layers; i++)
        {
            var directory = Directory.CreateDirectory($"{_engine.Lower(i)}/d").FullName;
            for (var n = 0; n < Entries / Layers; n++) File.WriteAllBytes($"{directory}/file-{i}-{n}", []);
        }
        _directory = _engine.Open().Find("d");
    }

    [GlobalCleanup]
    public void TearDown() => _engine.Dispose();

    [Benchmark(Baseline = true)]
    public int Listed_again() => List(_directory);

    /// <summary>The directory was forgotten, so the layers are listed and merged again.</summary>
    [Benchmark]
    public int Merged_and_listed()
    {
        _engine.Union.Forget(_directory, 1);
        _directory = _engine.Find("d");
        return List(_directory);
    }

    private int List(NodeId directory)
    {
        ulong cookie = 0;
        var total = 0;
        while (true)
        {
            var buffer = new DirectoryBuffer(_room, plus: false);
            EngineUnderTest.Expect(_engine.Union.ReadDirectory(default, directory, 0, cookie, ref buffer));
            if (buffer.Length == 0) return total;
            total += buffer.Length;
            cookie = LastCookie(_room.AsSpan(0, buffer.Length));
        }
    }

    // struct fuse_dirent: inode, offset, name length, type, name; padded to 8 bytes.
    private static ulong LastCookie(ReadOnlySpan<byte> entries)
    {
        ulong cookie = 0;
        while (entries.Length > 0)
        {
            cookie = BitConverter.ToUInt64(entries[8..]);
            var length = BitConverter.ToInt32(entries[16..]);
            entries = entries[((24 + length + 7) & ~7)..];
        }
        return cookie;
    }
}
