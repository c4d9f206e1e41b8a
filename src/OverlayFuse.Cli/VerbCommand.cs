using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse VERB ...": the root of the verbs, and what the program says about itself.</summary>
internal static class VerbCommand
{
    public static RootCommand Create(IReadOnlyList<string> words)
    {
        var root = new RootCommand("Mounts a union of directories: read-only layers below one writable layer, without root. Called without a verb, as in \"overlayfuse " +
            "-o ... MERGED\", it takes the place of fuse-overlayfs.");
        foreach (var command in VerbTable.Commands(words)) root.Add(command);
        CommandWords.LeaveSlashes(root);
        var version = root.Options.OfType<VersionOption>().Single();
        version.Aliases.Add("-V");
        version.Action = new SayVersion();
        return root;
    }

    private sealed class SayVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(VerbCommand).Assembly.GetName().Version!.ToString(3);
            var code = RuntimeFeature.IsDynamicCodeCompiled ? "just-in-time compiled" : "compiled ahead of time";
            parseResult.InvocationConfiguration.Output.WriteLine($"overlayfuse {version} (.NET {Environment.Version}, {code}, {RuntimeInformation.RuntimeIdentifier})");
            return 0;
        }
    }
}
