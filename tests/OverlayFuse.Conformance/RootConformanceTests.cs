using NUnit.Framework;

namespace OverlayFuse.Conformance;

/// <summary>The whole table, as root.</summary>
[TestFixtureSource(nameof(Grounds))]
public sealed class RootConformanceTests(Engine engine, Origin origin) : ConformanceTests(engine, origin)
{
    public static IEnumerable<TestFixtureData> Grounds => Syscall.GetEUid() != 0 ? [] :
    [
        On(Engine.Plain, Origin.Upper),
        On(Engine.Cached, Origin.Lower), On(Engine.Cached, Origin.Upper), On(Engine.Cached, Origin.Merged),
        On(Engine.WriteThrough, Origin.Lower), On(Engine.WriteThrough, Origin.Upper),
        On(Engine.Passthrough, Origin.Lower), On(Engine.Passthrough, Origin.Upper),
        On(Engine.Ring, Origin.Lower), On(Engine.Ring, Origin.Merged),
        On(Engine.Kernel, Origin.Lower), On(Engine.Kernel, Origin.Upper), On(Engine.Kernel, Origin.Merged),
    ];

    protected override IEnumerable<Case> Cases => Table.Cases;

    [TestCaseSource(typeof(Table), nameof(Table.AllTests)), Order(1)]
    public void Conforms(Case row) => Run(row);
}
