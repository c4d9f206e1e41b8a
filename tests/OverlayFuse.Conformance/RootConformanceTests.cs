using NUnit.Framework;

namespace OverlayFuse.Conformance;

/// <summary>The whole table, as root.</summary>
[TestFixtureSource(nameof(Grounds))]
public sealed class RootConformanceTests(Engine engine, Origin origin) : ConformanceTests(engine, origin)
{
    public static IEnumerable<TestFixtureData> Grounds => Syscall.GetEUid() != 0 ? [] :
    [
        On(Engine.Plain, Origin.Upper),
        .. Unions(Engine.Cached), .. Unions(Engine.WriteThrough), .. Unions(Engine.Passthrough), .. Unions(Engine.Kernel),
    ];

    protected override IEnumerable<Case> Cases => Table.Cases;

    [TestCaseSource(typeof(Table), nameof(Table.AllTests)), Order(1)]
    public void Conforms(Case row) => Run(row);

    private static TestFixtureData[] Unions(Engine engine) => [On(engine, Origin.Lower), On(engine, Origin.Upper), On(engine, Origin.Merged)];
}
