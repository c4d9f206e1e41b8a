namespace OverlayFuse.Conformance;

/// <summary>A row of the table: what it starts with, and calls with what they must give.</summary>
public sealed class Case
{
    private readonly List<Difference> _differences = [];

    private Case(Actor actor, string name, Given[] given, Action body) => (Actor, Name, Given, Body) = (actor, name, given, body);

    public string Family { get; private set; } = "";

    public string Name { get; }

    public Actor Actor { get; }

    public IReadOnlyList<Difference> Differences => _differences;

    /// <summary>Its directory: one that exists on every engine before the first case runs.</summary>
    internal string Directory { get; private set; } = "";

    internal Given[] Given { get; }

    internal Action Body { get; }

    internal static Case Anyone(string name, Given[] given, Action body) => new(Actor.Anyone, name, given, body);

    internal static Case Ordinary(string name, Given[] given, Action body) => new(Actor.Ordinary, name, given, body);

    internal static Case Root(string name, Given[] given, Action body) => new(Actor.Root, name, given, body);

    internal static Case[] OfFamily(string family, params Case[] cases)
    {
        for (var i = 0; i < cases.Length; i++) (cases[i].Family, cases[i].Directory) = (family, $"{family.Replace(' ', '-')}-{i + 1:000}");
        return cases;
    }

    /// <summary>Says that some engines give something else, what, and which limit forces it. The runner wants to see exactly that.</summary>
    internal Case Differs(Engine engines, string seen, string because, Origin origins = Origin.Any)
    {
        _differences.Add(new Difference(engines, origins, seen, because));
        return this;
    }

    public override string ToString() => $"{Family}: {Name}";
}
