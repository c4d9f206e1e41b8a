using BenchmarkDotNet.Attributes;
using OverlayFuse.Fuse;
using OverlayFuse.Union;

namespace OverlayFuse.Bench;

/// <summary>A file that has some of its blocks in the upper: what its map costs each read and write.</summary>
public class PartialMapBenchmarks
{
    private const int Size = 256 << 20;
    private const int BlockSize = 4096;
    private const int Fresh = 1024;

    private readonly byte[] _buffer = new byte[128 << 10];
    private readonly BlockBits _bits = new(Size / BlockSize);
    private EngineUnderTest _engine = null!;
    private NodeId _file;

    [GlobalSetup]
    public void SetUp()
    {
        for (var block = 0; block < _bits.Blocks; block += 2) _bits.Set(block, block + 1);
        _engine = new EngineUnderTest(1, options => (options.WholeUpTo, options.Settle, options.Immutable) = (0, SettlePolicy.Never, true));
        using (var file = File.Create($"{_engine.Lower(1)}/f"))
        {
            for (var i = 0; i < Size / _buffer.Length; i++) file.Write(_buffer);
        }
        _file = _engine.Open().Find("f");
        // Every other block of the first half.
        for (var offset = 0L; offset < Size / 2; offset += 2 * BlockSize) Write(offset, BlockSize);
    }

    [GlobalCleanup]
    public void TearDown() => _engine.Dispose();

    /// <summary>Worst case: the blocks alternate.</summary>
    [Benchmark]
    public int Bits_of_128_KiB()
    {
        var (block, runs) = (1024, 0);
        for (var set = true; block < 1024 + 32; set = !set, runs++) block = _bits.Next(block, 1024 + 32, !set);
        return runs;
    }

    [Benchmark]
    public void Write_4_KiB_that_is_present() => Write(0, BlockSize);

    [IterationSetup(Target = nameof(Write_4_KiB_that_is_below))]
    public void NothingIsPresent()
    {
        _file = _engine.Open().Find("f");
        Write(0, BlockSize);
    }

    [Benchmark(OperationsPerInvoke = Fresh)]
    public void Write_4_KiB_that_is_below()
    {
        for (var n = 1; n <= Fresh; n++) Write(2L * n * BlockSize, BlockSize);
    }

    [Benchmark]
    public void Read_4_KiB_that_is_present() => Read(0, BlockSize);

    [Benchmark]
    public void Read_4_KiB_that_is_below() => Read(BlockSize, BlockSize);

    [Benchmark]
    public void Read_128_KiB_of_alternating_blocks() => Read(1 << 20, _buffer.Length);

    private void Write(long offset, int length) =>
        EngineUnderTest.Expect(_engine.Union.Write(default, _file, 0, offset, _buffer.AsSpan(0, length), WriteFlags.None, out _));

    private void Read(long offset, int length) =>
        EngineUnderTest.Expect(_engine.Union.Read(default, _file, 0, offset, _buffer.AsSpan(0, length), out _));
}
