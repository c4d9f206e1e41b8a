using System.CommandLine;
using System.CommandLine.Parsing;
using OverlayFuse.Fuse;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The executable "overlayfuse". Exit code 0: done; 1: not done, and a sentence on stderr says why. Containers' verbs have docker's.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        Descriptors.FillStandardStreams();
        Syscall.KeepEndedChildren();
        try
        {
            if (arguments is [DaemonLauncher.Argument, ..]) return Daemon.Run(arguments);
            if (arguments is [ContainerLauncher.Argument, ..]) return Supervisor.Run(arguments);
            return Run(RawArguments.Read(arguments));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Terminal.Say(Describe(e));
            return e is RefusedException refused ? refused.ExitCode : VerbTable.RefusalCode(arguments);
        }
    }

    /// <summary>The sentence for people. Nobody is helped by a trace of our stack; whoever reports a mistake of ours can name its kind.</summary>
    public static string Describe(Exception error) => error switch
    {
        MountException or RefusedException => error.Message,
        IOException or UnauthorizedAccessException =>
            $"a file that is needed cannot be written or read{(FileErrors.PathOf(error) is { Length: > 0 } path ? $", {path}" : "")}: {FileErrors.Reason(error)}. " +
            "If it belongs to your images or containers: overlayfuse info says where they are.",
        _ => $"this should not have happened: {error.GetType().Name}. Please report it, with the command that led here.",
    };

    // "volume", or "volume nosuch".
    private static bool IsGroup(Command command) => command.Subcommands.Count > 0 && command.Parents.Any();

    // As docker has it: what there is, on stderr, and only a word that is none of it is an error.
    private static int ShowGroup(Command root, ParseResult result)
    {
        var path = CommandErrors.Path(result.CommandResult.Command).Split(' ');
        CommandWords.Parse(root, [.. path.Skip(1), "--help"]).Invoke(new InvocationConfiguration { Output = Console.Error });
        return result.UnmatchedTokens.Count > 0 ? 1 : 0;
    }

    private static int Run(RawArguments arguments)
    {
        if (CommandWords.UnknownVerb(arguments) is { } unknown) throw new RefusedException($"'{ByteText.Show(unknown)}' is not an overlayfuse command.\nSee 'overlayfuse --help'");
        Command command = CommandWords.HaveVerb(arguments) ? VerbCommand.Create(arguments) : DropInCommand.Create(new MountArguments(), arguments);
        var result = CommandWords.Parse(command, arguments.Words);
        if (result.Errors.Count > 0 && result.Action is not UsageAction && IsGroup(result.CommandResult.Command)) return ShowGroup(command, result);
        if (result.Errors is [var first, ..] && result.Action is not UsageAction)
            throw new RefusedException(CommandErrors.Describe(result),
                first.SymbolResult is OptionResult ? VerbTable.FlagRefusalCode(arguments.Words) : 1); // docker's code where words are missing
        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
}
