using System.CommandLine.Help;
using System.CommandLine;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>Which form a command line has, and its words as the library for command lines wants them.</summary>
internal static class CommandWords
{
    /// <summary>Of mount(8): no mtab.</summary>
    public const string NoMeaning = "-n";

    private static readonly string[] Questions = ["--help", "-h", "-?"];
    /// <summary>Flags of a mount whose next word is their value.</summary>
    public static readonly string[] TakeValue = ["-o", "--options", "-t", "-N", "--layers", "--log"];

    /// <summary>Their words are paths, which may begin with a dash, and flags of other programs, which are passed over.</summary>
    public static readonly string[] OfMounts = ["mount", "umount", "explain", "changes", "status", "settle", "check", "install"];

    /// <summary>True: "overlayfuse VERB ...", or a question about the program. False: a drop-in or mount(8) form.</summary>
    public static bool HaveVerb(RawArguments arguments)
    {
        if (IsNamedByOthers(arguments)) return false;
        if (arguments.Words is not [var first, ..]) return true;
        if (Questions.Contains(first)) return true;
        if (first is "--version" or "-V") return arguments.Words.Count == 1; // beside a mount it is asked, too
        return VerbTable.Has(first);
    }

    /// <summary>Whoever calls us by a name of theirs knows no verbs, and mount(8) puts a source word first, which may be any word.</summary>
    public static bool IsNamedByOthers(RawArguments arguments) => IsMountHelper(arguments) || arguments.ProgramName == OverlayType.DropIn;

    /// <summary>Called as mount.fuse.overlayfuse: -f means "fake" there.</summary>
    public static bool IsMountHelper(RawArguments arguments) => arguments.ProgramName.StartsWith("mount.", StringComparison.Ordinal);

    /// <summary>
    /// The command above all verbs. Not the library's RootCommand: that is named after the file we were called by, which may be named as a
    /// verb, or not at all.
    /// </summary>
    public static Command Root(string description, string name = OverlayType.Own)
    {
        var help = new HelpOption();
        foreach (var alias in help.Aliases.Where(alias => alias.StartsWith('/')).ToList()) help.Aliases.Remove(alias); // "/h" and "/?" are paths
        if (help.Action is HelpAction action) help.Action = new UsageAction(action);
        return new Command(name, description) { help };
    }

    /// <summary>
    /// Has a command take the words. The library passes over a first word that is the root's name, so it gets that in any case; and takes
    /// words in brackets for orders to itself as long as nothing else has come, so a path gets a flag before it that means nothing.
    /// </summary>
    public static ParseResult Parse(Command root, IReadOnlyList<string> words) =>
        root.Parse([root.Name, .. root.Subcommands.Count == 0 ? (string[])[NoMeaning] : [], .. Separate(words, root)], new ParserConfiguration { ResponseFileTokenReplacer = null });

    /// <summary>A first word that would be a verb and is none: no path, no option, and nothing says that it is a source. Null: there is no such word.</summary>
    public static string? UnknownVerb(RawArguments arguments)
    {
        if (HaveVerb(arguments) || IsNamedByOthers(arguments) || arguments.Words is not [var first, ..]) return null;
        if (first.StartsWith('-') || first.AsSpan().ContainsAny('/', '=') || Directory.Exists(ByteText.Text(first))) return null;
        return arguments.Words.Any(word => word is "--options" or "--layers" or "--version" or "-V" || word.StartsWith("-o", StringComparison.Ordinal)) ? null : first;
    }

    /// <summary>The words as the library wants them, for the command they are for.</summary>
    /// <exception cref="Image.RefusedException">A flag is none of the verb's.</exception>
    public static List<string> Separate(IReadOnlyList<string> words, Command command)
    {
        var (verb, depth) = (command, 0);
        while (depth < words.Count && verb.Subcommands.FirstOrDefault(inner => inner.Name == words[depth] || inner.Aliases.Contains(words[depth])) is { } inner) (verb, depth) = (inner, depth + 1);
        if (depth == 0 || OfMounts.Contains(verb.Name)) return Separate(words);
        var stops = verb is { Name: "unshare" } or { Name: "run" or "create" or "exec" or "top", Arguments.Count: > 1 };
        var separated = Checked(words, verb, depth, stops);
        return stops ? separated : Separate(separated);
    }

    /// <param name="stops">What follows the first place belongs to the program in the container: "--" goes before it.</param>
    private static List<string> Checked(IReadOnlyList<string> words, Command verb, int start, bool stops)
    {
        var separated = words.Take(start).ToList();
        var switches = new Dictionary<string, int>();
        for (var i = start; i < words.Count; i++)
        {
            if (words[i] == "--") return [.. separated, .. words.Skip(i)];
            if (words[i] is not ['-', _, ..])
            {
                if (stops) return [.. separated, "--", .. words.Skip(i)];
                separated.Add(words[i]);
                continue;
            }
            FlagWords.Add(words[i], verb, string.Join(' ', words.Take(start)), separated, switches);
            if (FlagWords.ExpectsNext(words[i], verb) && i + 1 < words.Count) separated.Add(words[++i]);
        }
        return separated;
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
