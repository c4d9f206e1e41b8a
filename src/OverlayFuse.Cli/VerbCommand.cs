using System.CommandLine;
using System.CommandLine.Invocation;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse VERB ...": the root of the verbs, and what the program says about itself.</summary>
internal static class VerbCommand
{
    public static Command Create(RawArguments arguments)
    {
        var root = CommandWords.Root("Mounts a union of directories: read-only layers below one writable layer, without root. Called without a verb, as in \"overlayfuse " +
            "-o ... MERGED\", it takes the place of fuse-overlayfs.");
        foreach (var command in VerbTable.Commands(arguments.Words)) root.Add(command);
        root.Add(new Option<bool>("--version", "-V") { Description = "Show version information", Action = new SayVersion(arguments.ProgramName) });
        return root;
    }

    private sealed class SayVersion(string programName) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            Terminal.Print(VersionText.For(programName));
            return 0;
        }
    }
}
