using BenchmarkDotNet.Attributes;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Bench;

/// <summary>The first change of a lower file: what it costs by size, by what is changed, and by how files come up.</summary>
public class CopyUpBenchmarks
{
    private const int Files = 8;

    private readonly NodeId[] _nodes = new NodeId[Files];
    private readonly byte[] _block = new byte[4096];
    private EngineUnderTest _engine = null!;

    public enum Method
    {
        Whole,
        Blocks,
    }

    [Params(4 << 10, 64 << 10, 1 << 20, 16 << 20)]
    public long Size { get; set; }

    [Params(Method.Whole, Method.Blocks)]
    public Method By { get; set; }

    [Params(Durability.Ordered, Durability.Volatile)]
    public Durability FSync { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _engine = new EngineUnderTest(1, options =>
        {
            options.Durability = FSync;
            options.Settle = SettlePolicy.Never;
            options.Immutable = true;
            if (By == Method.Blocks) options.WholeUpTo = 0;
        });
        var bytes = new byte[Size];
        new Random(1).NextBytes(bytes);
        for (var i = 0; i < Files; i++) File.WriteAllBytes($"{_engine.Lower(1)}/f{i}", bytes);
    }

    [GlobalCleanup]
    public void TearDown() => _engine.Dispose();

    [IterationSetup]
    public void OnAnEmptyUpper()
    {
        _engine.Open();
        for (var i = 0; i < Files; i++) _nodes[i] = _engine.Find($"f{i}");
    }

    [Benchmark(OperationsPerInvoke = Files)]
    public void Append()
    {
        foreach (var node in _nodes) Write(node, Size, 1);
    }

    [Benchmark(OperationsPerInvoke = Files)]
    public void One_block()
    {
        foreach (var node in _nodes) Write(node, Size / 2 & ~4095, _block.Length);
    }

    [Benchmark(OperationsPerInvoke = Files)]
    public void Chmod()
    {
        foreach (var node in _nodes) Set(node, new SetAttributes { Valid = SetAttributesMask.Mode, Mode = 0x1C0 });
    }

    [Benchmark(OperationsPerInvoke = Files)]
    public void Truncate()
    {
        foreach (var node in _nodes) Set(node, new SetAttributes { Valid = SetAttributesMask.Size, Size = 0 });
    }

    private void Write(NodeId node, long offset, int length) =>
        EngineUnderTest.Expect(_engine.Union.Write(default, node, 0, offset, _block.AsSpan(0, length), WriteFlags.None, out _));

    private void Set(NodeId node, in SetAttributes change) =>
        EngineUnderTest.Expect(_engine.Union.SetAttributes(default, node, change, out _, out _));
}
