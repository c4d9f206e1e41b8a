using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Which words of a command line are flags of its verb. The library takes a flag that it does not know for a name.</summary>
internal static class FlagWords
{
    private const int Refused = 125; // docker's code

    private static readonly string[] Questions = ["--help", "-h", "-?"];

    /// <summary>The value of this flag is the next word.</summary>
    public static bool ExpectsNext(string word, Command verb)
    {
        if (word.StartsWith("--", StringComparison.Ordinal)) return !word.Contains('=') && TakesValue(word, verb);
        var letter = Enumerable.Range(1, word.Length - 1).FirstOrDefault(at => TakesValue($"-{word[at]}", verb), -1);
        return letter == word.Length - 1; // else the value stands behind the letter
    }

    /// <summary>
    /// Adds a word of flags as the library wants it: what is on or off says so, for else the library takes the next word for that, where it
    /// can be read so; and stands there once, as it was said last.
    /// </summary>
    /// <param name="path">The verb as it was called.</param>
    /// <param name="switches">Where the latter stand.</param>
    /// <exception cref="RefusedException">It is no flag of the verb, or neither on nor off, in docker's words.</exception>
    public static void Add(string word, Command verb, string path, List<string> separated, Dictionary<string, int> switches)
    {
        foreach (var (flag, option) in Of(word, verb, path))
        {
            if (option is null) separated.AddRange(LacksValue(flag) ? [flag[..^1], ""] : [flag]); // the library misses an empty value there
            else if (switches.TryGetValue(option.Name, out var place)) separated[place] = flag;
            else
            {
                switches.Add(option.Name, separated.Count);
                separated.Add(flag);
            }
        }
    }

    private static bool LacksValue(string flag) => flag.StartsWith("--", StringComparison.Ordinal) && flag.IndexOf('=') == flag.Length - 1;

    private static IEnumerable<(string Flag, Option? Switch)> Of(string word, Command verb, string path)
    {
        if (Questions.Contains(word)) return [(word, null)];
        if (word.StartsWith("--", StringComparison.Ordinal))
        {
            var (name, value) = word.IndexOf('=') is var equals and >= 0 ? (word[..equals], word[(equals + 1)..]) : (word, null);
            var option = Find(name, verb) ?? throw Unknown($"unknown flag: {name}", path);
            return [IsSwitch(option) ? (Switched(name, value, option, path), option) : (word, null)];
        }
        var flags = new List<(string, Option?)>();
        for (var at = 1; at < word.Length; at++)
        {
            var name = $"-{word[at]}";
            var option = Find(name, verb) ?? throw Unknown($"unknown shorthand flag: '{word[at]}' in {word}", path);
            var isLast = at + 1 < word.Length && word[at + 1] == '=';
            if (!IsSwitch(option)) return [.. flags, ($"-{word[at..]}", null)];
            flags.Add((Switched(name, isLast ? word[(at + 2)..] : null, option, path), option));
            if (isLast) break;
        }
        return flags;
    }

    // The values are those of Go's strconv.ParseBool.
    private static string Switched(string name, string? value, Option option, string path) => value switch
    {
        null or "1" or "t" or "T" or "true" or "TRUE" or "True" => $"{name}=true",
        "0" or "f" or "F" or "false" or "FALSE" or "False" => $"{name}=false",
        _ => throw Unknown($"invalid argument \"{value}\" for \"{CommandErrors.Names(option)}\" flag: strconv.ParseBool: parsing \"{value}\": invalid syntax", path),
    };

    private static bool IsSwitch(Option option) => option.ValueType == typeof(bool);

    private static RefusedException Unknown(string said, string path) => new($"{ByteText.Show(said)}\nSee 'overlayfuse {path} --help'.", Refused);

    private static bool TakesValue(string name, Command verb) => Find(name, verb)?.Arity.MinimumNumberOfValues > 0;

    private static Option? Find(string name, Command verb) => verb.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
}
