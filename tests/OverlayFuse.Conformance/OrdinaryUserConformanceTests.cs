using NUnit.Framework;

namespace OverlayFuse.Conformance;

/// <summary>What needs no root, by an ordinary user on a directory of theirs and on a mount that they made.</summary>
[TestFixtureSource(nameof(Grounds))]
public sealed class OrdinaryUserConformanceTests(Engine engine, Origin origin) : ConformanceTests(engine, origin)
{
    public static IEnumerable<TestFixtureData> Grounds =>
        [On(Engine.PlainUser, Origin.Upper), On(Engine.User, Origin.Lower), On(Engine.User, Origin.Upper), On(Engine.User, Origin.Merged)];

    protected override IEnumerable<Case> Cases => Table.OfOrdinaryUsers;

    [TestCaseSource(typeof(Table), nameof(Table.OrdinaryTests)), Order(1)]
    public void Conforms(Case row) => Run(row);
}
