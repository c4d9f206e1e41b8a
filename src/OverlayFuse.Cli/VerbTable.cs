using System.CommandLine;

namespace OverlayFuse.Cli;

/// <summary>Every verb and how its command is made. Only the one that is asked for is made: there are many, and starting counts.</summary>
internal static class VerbTable
{
    private const int Refused = 125; // docker's code for "the container was not started"

    private static readonly (string Name, Func<Command> Create)[] Verbs =
    [
        ("mount", MountVerb.Create),
        ("umount", UmountVerb.Create),
        ("explain", ExplainVerb.Create),
        ("changes", ChangesVerb.Create),
        ("status", StatusVerb.Create),
        ("settle", SettleVerb.Create),
        ("check", CheckVerb.Create),
        ("install", InstallVerb.Create),
        ("load", LoadVerb.Create),
        ("import", ImportVerb.Create),
        ("images", () => ImagesVerb.Create("images")),
        ("history", HistoryVerb.Create),
        ("tag", TagVerb.Create),
        ("save", SaveVerb.Create),
        ("rmi", () => RemoveImageVerb.Create("rmi")),
        ("image", ImageVerbs.Create),
        ("build", BuildVerb.Create),
        ("pull", PullVerb.Create),
        ("push", PushVerb.Create),
        ("login", LoginVerb.Create),
        ("logout", LoginVerb.CreateLogout),
        ("run", RunVerb.Create),
        ("create", CreateVerb.Create),
        ("start", StartVerb.Create),
        ("stop", StopVerb.Create),
        ("restart", RestartVerb.Create),
        ("kill", KillVerb.Create),
        ("exec", ExecVerb.Create),
        ("ps", () => PsVerb.Create("ps")),
        ("logs", LogsVerb.Create),
        ("wait", WaitVerb.Create),
        ("rm", RemoveVerb.Create),
        ("rename", RenameVerb.Create),
        ("diff", DiffVerb.Create),
        ("commit", CommitVerb.Create),
        ("export", ExportVerb.Create),
        ("cp", CopyVerb.Create),
        ("port", PortVerb.Create),
        ("top", TopVerb.Create),
        ("inspect", InspectVerb.Create),
        ("container", ContainerVerbs.Create),
        ("volume", VolumeVerbs.Create),
        ("system", SystemVerbs.Create),
        ("info", InfoVerb.Create),
        ("version", VersionVerb.Create),
        ("unshare", UnshareVerb.Create),
    ];

    public static bool Has(string word) => Array.Exists(Verbs, verb => verb.Name == word);

    /// <summary>The one that the words begin with; all of them for --help and for what is none.</summary>
    public static IEnumerable<Command> Commands(IReadOnlyList<string> words)
    {
        var asked = words is [var first, ..] ? Array.Find(Verbs, verb => verb.Name == first).Create : null;
        return asked is null ? Verbs.Select(verb => verb.Create()) : [asked()];
    }

    /// <summary>What a command line that makes no sense ends with.</summary>
    public static int RefusalCode(IReadOnlyList<string> words) => words is ["run" or "create", ..] or ["container", "run" or "create", ..] ? Refused : 1;

    /// <summary>What a flag that makes no sense ends with: docker's code for docker's verbs.</summary>
    public static int FlagRefusalCode(IReadOnlyList<string> words) => words is [var verb, ..] && Has(verb) && !CommandWords.OfMounts.Contains(verb) ? Refused : 1;
}
