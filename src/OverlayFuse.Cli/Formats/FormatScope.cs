using System.Text.Json.Nodes;

namespace OverlayFuse.Cli;

/// <summary>What names mean at a place of a template: the dot, and the variables, of which those of a block end with it.</summary>
internal sealed class FormatScope(JsonNode? root)
{
    private readonly List<(string Name, JsonNode? Value)> _variables = [("$", root)];

    public JsonNode? Dot { get; private set; } = root;

    /// <returns>What <paramref name="inside"/> gives.</returns>
    public string Enter(JsonNode? dot, Func<string> inside)
    {
        var (before, count) = (Dot, _variables.Count);
        Dot = dot;
        var given = inside();
        Dot = before;
        _variables.RemoveRange(count, _variables.Count - count);
        return given;
    }

    public void Set(string name, JsonNode? value, bool isNew)
    {
        if (isNew) _variables.Add((name, value));
        else _variables[Place(name)] = (name, value);
    }

    public JsonNode? Get(string name) => _variables[Place(name)].Value;

    // The innermost of a name counts.
    private int Place(string name) => _variables.FindLastIndex(variable => variable.Name == name) is var place and >= 0 ? place : throw FormatTemplate.Broken($"undefined variable \"{name}\"");
}
