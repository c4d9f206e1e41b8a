using BenchmarkDotNet.Attributes;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Bench;

/// <summary>A lookup in a directory that all layers have, by the number of layers. What was found is forgotten again, so that each is a first one.</summary>
public class LookupBenchmarks
{
    private EngineUnderTest _engine = null!;
    private NodeId _directory;

    [Params(1, 2, 5, 20, 100, 200)]
    public int Layers { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _engine = new EngineUnderTest(Layers);
        for (var i = 1; i <= Layers; i++)
        {
            var directory = Directory.CreateDirectory($"{_engine.Lower(i)}/d").FullName;
            for (var n = 0; n < 10; n++) File.WriteAllText($"{directory}/file-{i}-{n}", "x");
        }
        File.WriteAllText($"{_engine.Lower(Layers)}/d/lowest", "x");
        File.WriteAllText($"{_engine.Lower(Layers)}/d/removed", "x");
        _directory = _engine.Open().Find("d");
        EngineUnderTest.Expect(_engine.Union.Unlink(default, _directory, "removed"u8));
    }

    [GlobalCleanup]
    public void TearDown() => _engine.Dispose();

    [Benchmark]
    public void A_name_of_the_lowest_layer()
    {
        _ = _engine.Union.Lookup(default, _directory, "lowest"u8, out var entry);
        _engine.Union.Forget(entry.Node, 1);
    }

    [Benchmark]
    public Errno A_name_that_no_layer_has() => _engine.Union.Lookup(default, _directory, "missing"u8, out _);

    [Benchmark]
    public Errno A_name_under_a_whiteout() => _engine.Union.Lookup(default, _directory, "removed"u8, out _);
}
