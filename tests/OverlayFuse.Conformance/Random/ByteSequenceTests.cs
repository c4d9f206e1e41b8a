using NUnit.Framework;
using OverlayFuse.Union.Tests;

namespace OverlayFuse.Conformance;

/// <summary>Random reads and writes of files that begin in a lower layer. The name of a test is its seed; OVERLAYFUSE_LONG=1 takes many more.</summary>
[TestFixtureSource(nameof(Engines)), TestFixtureSource(nameof(InPart))]
public sealed class ByteSequenceTests(Engine engine, string options = "")
{
    private const int Calls = 400;
    private readonly Dictionary<int, byte[]> _left = [];
    private UnionMount _union = null!;

    /// <summary>Where all but the smallest files come up block by block, and what is left below stays there or not.</summary>
    public static IEnumerable<object[]> InPart => Syscall.GetEUid() != 0 ? [] :
        from engine in (Engine[])[Engine.Cached, Engine.WriteThrough, Engine.Passthrough, Engine.Ring]
        from options in (string[])[",partial=4096,settle=on-unmount", ",partial=4096,settle=never,immutable"]
        select new object[] { engine, options };

    public static IEnumerable<object[]> Engines => All.Select(engine => new object[] { engine, "" });

    private static IEnumerable<Engine> All => Syscall.GetEUid() != 0 ? [Engine.Plain] : [Engine.Plain, Engine.Cached, Engine.WriteThrough, Engine.Passthrough, Engine.Ring, Engine.Kernel];

    private static IEnumerable<int> Seeds => Enumerable.Range(1, Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1" ? 1000 : 16);

    [OneTimeSetUp]
    public void Mount()
    {
        _union = new UnionMount(MountOptions.Of(engine) + options, engine == Engine.Kernel);
        foreach (var seed in Seeds) File.WriteAllBytes($"{_union.Home}/{(engine == Engine.Plain ? "m" : "l2")}/{seed}", ByteSequence.Begin(seed));
        if (engine != Engine.Plain) _union.Mount();
    }

    [OneTimeTearDown]
    public void Unmount() => _union?.Dispose();

    [TestCaseSource(nameof(Seeds)), Order(1)]
    public void Any_sequence_gives_the_bytes_that_memory_gives(int seed)
    {
        var sequence = new ByteSequence(seed, $"{_union.Merged}/{seed}", ByteSequence.Begin(seed));
        Assert.That(sequence.Run(Calls), Is.Null, $"seed {seed} on {engine}");
        _left[seed] = sequence.Bytes;
    }

    [Test, Order(2)]
    public void What_was_written_is_there_after_the_next_mount()
    {
        Assert.That(_left, Is.Not.Empty);
        if (engine != Engine.Plain) _union.Remount();
        foreach (var (seed, bytes) in _left) Assert.That(File.ReadAllBytes($"{_union.Merged}/{seed}").AsSpan().SequenceEqual(bytes), Is.True, $"seed {seed} on {engine}");
        if (engine != Engine.Plain) _union.AssertLowersUnchanged();
    }
}
