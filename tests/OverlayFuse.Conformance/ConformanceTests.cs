using NUnit.Framework;

namespace OverlayFuse.Conformance;

/// <summary>The table on one engine: every case gives what it says, or the difference that it expects of this engine.</summary>
public abstract class ConformanceTests(Engine engine, Origin origin)
{
    private Ground _ground = null!;

    protected abstract IEnumerable<Case> Cases { get; }

    [OneTimeSetUp]
    public void Prepare() => _ground = new Ground(engine, origin, Cases);

    [OneTimeTearDown]
    public void Leave() => _ground?.Dispose();

    [Test, Order(2)]
    public void No_lower_layer_was_changed() => _ground.AssertLowersUnchanged();

    protected void Run(Case row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var expected = row.Differences.FirstOrDefault(difference => difference.Engines.HasFlag(engine) && difference.Origins.HasFlag(origin));
        var seen = _ground.Run(row);
        var where = $"{row}\non {engine}, objects from {origin}: ";
        if (expected is null && seen is not null) Assert.Fail(where + seen);
        if (expected is not null && seen is null) Assert.Fail($"{where}the expected difference is gone: {expected.Seen} ({expected.Because})");
        if (expected is not null) Assert.That(seen, Does.Contain(expected.Seen), $"{where}another difference than expected");
    }

    protected static TestFixtureData On(Engine engine, Origin origin) => new TestFixtureData(engine, origin).SetArgDisplayNames(engine.ToString(), origin.ToString());
}
