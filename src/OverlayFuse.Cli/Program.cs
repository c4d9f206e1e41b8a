using System.CommandLine;
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
        try
        {
            if (arguments is [DaemonLauncher.Argument, ..]) return Daemon.Run();
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
            "If it is one of your images and containers: overlayfuse info says where they are.",
        _ => $"this should not have happened: {error.GetType().Name}. Please report it, with the command that led here.",
    };

    private static int Run(RawArguments arguments)
    {
        if (CommandWords.UnknownVerb(arguments) is { } unknown) throw new RefusedException($"'{ByteText.Show(unknown)}' is not an overlayfuse command.\nSee 'overlayfuse --help'");
        Command command = CommandWords.HaveVerb(arguments) ? VerbCommand.Create(arguments) : DropInCommand.Create(new MountArguments(), arguments);
        var result = CommandWords.Parse(command, arguments.Words);
        if (result.Errors is [var first, ..] && result.Action is not UsageAction)
            throw new RefusedException(CommandErrors.Describe(result),
                first.SymbolResult is System.CommandLine.Parsing.OptionResult ? VerbTable.FlagRefusalCode(arguments.Words) : 1); // docker's code where words are missing
        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
}
