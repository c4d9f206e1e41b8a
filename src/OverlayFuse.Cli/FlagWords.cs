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

    /// <param name="path">The verb as it was called.</param>
    /// <exception cref="RefusedException">It is no flag of the verb, in docker's words.</exception>
    public static void Check(string word, Command verb, string path)
    {
        if (Questions.Contains(word)) return;
        if (word.StartsWith("--", StringComparison.Ordinal))
        {
            var name = word.Split('=')[0];
            if (Find(name, verb) is null) throw Unknown($"unknown flag: {name}", path);
            return;
        }
        for (var at = 1; at < word.Length; at++)
        {
            if (Find($"-{word[at]}", verb) is null) throw Unknown($"unknown shorthand flag: '{word[at]}' in {word}", path);
            if (TakesValue($"-{word[at]}", verb) || (at + 1 < word.Length && word[at + 1] == '=')) return;
        }
    }

    private static RefusedException Unknown(string said, string path) => new($"{ByteText.Show(said)}\nSee 'overlayfuse {path} --help'.", Refused);

    private static bool TakesValue(string name, Command verb) => Find(name, verb)?.Arity.MinimumNumberOfValues > 0;

    private static Option? Find(string name, Command verb) => verb.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
}
