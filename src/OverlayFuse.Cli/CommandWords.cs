using System.CommandLine;
using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>Which form a command line has, and its words as the library for command lines wants them.</summary>
internal static class CommandWords
{
    private static readonly string[] Questions = ["--help", "-h", "-?"];
    private static readonly string[] TakeValue = ["-o", "--options", "-t", "-N", "--layers", "--log"];

    /// <summary>True: "overlayfuse VERB ...", or a question about the program. False: a drop-in or mount(8) form.</summary>
    public static bool HaveVerb(RawArguments arguments)
    {
        if (arguments.Words is not [var first, ..]) return true;
        if (Questions.Contains(first)) return true;
        if (first is "--version" or "-V") return arguments.Words.Count == 1; // beside a mount it is asked, too

        // Whoever calls us by a name of theirs knows no verbs, and mount(8) puts a source word first, which may be any word.
        return VerbTable.Has(first) && !IsMountHelper(arguments) && arguments.ProgramName != OverlayType.DropIn;
    }

    /// <summary>Called as mount.fuse.overlayfuse: -f means "fake" there.</summary>
    public static bool IsMountHelper(RawArguments arguments) => arguments.ProgramName.StartsWith("mount.", StringComparison.Ordinal);

    /// <summary>A flag begins with a dash: "/h" and "/?", which the library takes for --help, are paths.</summary>
    public static void LeaveSlashes(RootCommand command)
    {
        foreach (var option in command.Options)
        {
            foreach (var alias in option.Aliases.Where(alias => alias.StartsWith('/')).ToList()) option.Aliases.Remove(alias);
        }
    }

    /// <summary>The words as the library wants them, for the command they are for.</summary>
    public static List<string> Separate(IReadOnlyList<string> words, Command command)
    {
        var verb = command.Subcommands.FirstOrDefault(verb => words is [var first, ..] && verb.Name == first);
        var depth = 1;
        if (verb is not null && words.Count > 1 && verb.Subcommands.FirstOrDefault(inner => inner.Name == words[1]) is { } inner) (verb, depth) = (inner, 2);
        return verb is { Name: "unshare" } or { Name: "run" or "create" or "exec" or "top", Arguments.Count: > 1 } ? StopAtPlace(words, verb, depth) : Separate(words);
    }

    /// <summary>What follows the first place belongs to the program in the container: "--" goes before it.</summary>
    private static List<string> StopAtPlace(IReadOnlyList<string> words, Command verb, int start)
    {
        for (var i = start; i < words.Count; i++)
        {
            var word = words[i];
            if (word == "--") break;
            if (word.Length < 2 || word[0] != '-') return [.. words.Take(i), "--", .. words.Skip(i)];
            if (ExpectsNext(word, verb)) i++;
        }
        return [.. words];
    }

    private static bool ExpectsNext(string word, Command verb)
    {
        bool TakesValue(string name) => verb.Options.Any(option => (option.Name == name || option.Aliases.Contains(name)) && option.Arity.MinimumNumberOfValues > 0);
        if (word.StartsWith("--", StringComparison.Ordinal)) return !word.Contains('=') && TakesValue(word);
        var letter = Enumerable.Range(1, word.Length - 1).FirstOrDefault(at => TakesValue($"-{word[at]}"), -1);
        return letter == word.Length - 1; // else the value stands behind the letter
    }

    /// <summary>"-oX" becomes "-o", "X": the library would look for flags in X.</summary>
    public static List<string> Separate(IReadOnlyList<string> words)
    {
        var separated = new List<string>();
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (word == "--")
            {
                separated.AddRange(words.Skip(i));
                break;
            }
            if (word.StartsWith("-o", StringComparison.Ordinal) && word.Length > 2)
            {
                separated.Add("-o");
                separated.Add(word[2..]);
                continue;
            }
            separated.Add(word);
            if (TakeValue.Contains(word) && i + 1 < words.Count) separated.Add(words[++i]);
        }
        return separated;
    }
}
