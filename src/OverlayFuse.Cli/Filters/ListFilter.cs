using System.CommandLine;
using System.Text.RegularExpressions;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>What --filter says: KEY=VALUE, any number of times. Several values of one key are alternatives, and every key has to fit. Pure.</summary>
/// <remarks>moby, api/types/filters.</remarks>
internal sealed class ListFilter
{
    private const int BadFlag = 125; // docker's code for a flag that makes no sense

    private readonly ILookup<string, string> _values;

    private ListFilter(ILookup<string, string> values) => _values = values;

    /// <param name="keys">Those of the list, for --help.</param>
    /// <param name="others">"-f", where that is free.</param>
    public static Option<string[]> Option(IEnumerable<string> keys, params string[] others) =>
        new("--filter", others) { Description = $"KEY=VALUE: only those that match. Keys: {string.Join(", ", keys)}." };

    /// <summary>What was said behind the option.</summary>
    public static IEnumerable<string> Texts(ParseResult result, Option<string[]> option) => (result.GetValue(option) ?? []).Select(ByteText.Text);

    /// <exception cref="RefusedException">One is no filter, or none that the list has.</exception>
    public static ListFilter Parse(IEnumerable<string> texts, IReadOnlyCollection<string> keys)
    {
        var pairs = texts.Where(text => text.Length > 0).Select(Split).ToList();
        if (pairs.Find(pair => !keys.Contains(pair.Key)).Key is { } unknown) throw Invalid(unknown);
        return new ListFilter(pairs.ToLookup(pair => pair.Key, pair => pair.Value));
    }

    public bool Has(string key) => _values.Contains(key);

    public IEnumerable<string> Values(string key) => _values[key];

    /// <summary>Nothing was said of it, or one of the values fits.</summary>
    public bool Allows(string key, Func<string, bool> fits) => !Has(key) || Values(key).Any(fits);

    public bool AllowsWord(string key, string word) => Allows(key, wanted => wanted == word);

    /// <summary>A name itself, or an expression that is found in it.</summary>
    public bool AllowsName(string key, params string[] names) => Allows(key, wanted => Array.Exists(names, name => name == wanted || IsFound(wanted, name)));

    /// <summary>"label=NAME" and "label=NAME=VALUE": unlike the values of other keys, all of them have to fit.</summary>
    public bool AllowsLabels(IReadOnlyDictionary<string, string>? labels) => Values("label").All(wanted => HasLabel(labels, wanted));

    public static bool HasLabel(IReadOnlyDictionary<string, string>? labels, string wanted)
    {
        var at = wanted.IndexOf('=');
        return labels is not null && labels.TryGetValue(at < 0 ? wanted : wanted[..at], out var value) && (at < 0 || value == wanted[(at + 1)..]);
    }

    /// <summary>Null: nothing was said of it.</summary>
    /// <exception cref="RefusedException">What was said is neither true nor false.</exception>
    public bool? Truth(string key)
    {
        if (!Has(key)) return null;
        if (Values(key).Any(value => value is "true" or "1")) return true;
        return Values(key).All(value => value is "false" or "0") ? false : throw Invalid($"{key}=[{string.Join(' ', Values(key))}]");
    }

    public static RefusedException Invalid(string what) => new($"invalid filter '{what}'");

    private static (string Key, string Value) Split(string text)
    {
        var at = text.IndexOf('=');
        return at >= 0
            ? (text[..at].Trim().ToLowerInvariant(), text[(at + 1)..].Trim())
            : throw new RefusedException($"invalid argument \"{text}\" for \"--filter\" flag: bad format of filter (expected name=value)", BadFlag);
    }

    private static bool IsFound(string expression, string text)
    {
        try
        {
            return new Regex(expression).IsMatch(text);
        }
        catch (ArgumentException)
        {
            return false; // as docker: what is no expression fits nothing but itself
        }
    }
}
