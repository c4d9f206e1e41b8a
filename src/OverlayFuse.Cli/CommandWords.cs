namespace OverlayFuse.Cli;

/// <summary>Which form a command line has, and its words as the library for command lines wants them.</summary>
internal static class CommandWords
{
    private static readonly string[] Verbs = ["mount", "umount", "explain", "changes", "settle", "check", "install"];
    private static readonly string[] Questions = ["--help", "-h", "-?", "--version", "-V"];
    private static readonly string[] TakeValue = ["-o", "--options", "-t", "--layers", "--log"];

    /// <summary>True: "overlayfuse VERB ...", or a question about the program. False: a drop-in or mount(8) form.</summary>
    public static bool HaveVerb(RawArguments arguments)
    {
        if (arguments.Words is not [var first, ..]) return true;
        if (Questions.Contains(first)) return true;

        // Whoever calls us by a name of theirs knows no verbs, and mount(8) puts a source word first, which may be any word.
        return Verbs.Contains(first) && !IsMountHelper(arguments) && arguments.ProgramName != "fuse-overlayfs";
    }

    /// <summary>Called as mount.fuse.overlayfuse: -f means "fake" there.</summary>
    public static bool IsMountHelper(RawArguments arguments) => arguments.ProgramName.StartsWith("mount.", StringComparison.Ordinal);

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
