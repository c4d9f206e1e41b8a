using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OverlayFuse.Union.Tests;

/// <summary>Random layers and random actions on the union of them.</summary>
/// <param name="Actions">With %N, %dN, %fN for the Nth of the objects, directories or other objects that are there when an action is reached.</param>
internal sealed partial record RandomCase(LayerStack Stack, IReadOnlyList<string> Actions)
{
    /// <summary>Smaller cases that may fail in the same way: with fewer actions, then with fewer objects.</summary>
    public static IEnumerable<RandomCase> Shrink(RandomCase whole)
    {
        foreach (var fewer in Without(whole.Actions)) yield return whole with { Actions = fewer };
        for (var number = 0; number < whole.Stack.Items.Count; number++)
        {
            foreach (var fewer in Without(whole.Stack.Items[number]))
            {
                var layers = whole.Stack.Items.ToArray();
                layers[number] = [.. fewer];
                yield return whole with { Stack = LayerStack.Of(layers) };
            }
        }
    }

    /// <summary>An action on what is there.</summary>
    public static string Resolve(string action, IReadOnlyList<string> directories, IReadOnlyList<string> others) => Placeholder().Replace(action, match =>
    {
        var chosen = match.Groups[1].Value switch { "d" => ["", .. directories], "f" => others, _ => (IReadOnlyList<string>)[.. directories, .. others] };
        var path = chosen.Count == 0 ? "" : chosen[int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) % chosen.Count];
        return path.Length > 0 ? path + match.Groups[3].Value : match.Groups[3].Length > 0 ? match.Groups[3].Value[1..] : "nothing";
    });

    /// <summary>The layers, in the language of the cases.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (layer, items) in Stack.Texts) text.Append($"{layer,-8}{items}\n");
        return text.ToString();
    }

    // First without large parts, then without any single one.
    private static IEnumerable<T[]> Without<T>(IReadOnlyList<T> all)
    {
        for (var size = (all.Count + 1) / 2; size > 0; size = size > 1 ? (size + 1) / 2 : 0)
            for (var start = all.Count - size; start > -size; start -= size) yield return [.. all.Where((_, i) => i < start || i >= start + size)];
    }

    [GeneratedRegex("%([df]?)([0-9]+)((?:/[a-d])?)")]
    private static partial Regex Placeholder();
}
