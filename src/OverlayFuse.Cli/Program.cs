using System.CommandLine;
using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>The executable "overlayfuse". Exit code 0: done; 1: not done, and a sentence on stderr says why.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            if (arguments is [DaemonLauncher.Argument, ..]) return Daemon.Run();
            return Run(RawArguments.Read(arguments));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Terminal.Say(Describe(e));
            return 1;
        }
    }

    /// <summary>The sentence for people. Nobody is helped by a trace of our stack; whoever reports a mistake of ours can name its kind.</summary>
    public static string Describe(Exception error) => error is MountException
        ? error.Message
        : $"this should not have happened: {error.GetType().Name}. Please report it, with the command that led here.";

    private static int Run(RawArguments arguments)
    {
        Command command = CommandWords.HaveVerb(arguments) ? VerbCommand.Create() : DropInCommand.Create(new MountArguments(), CommandWords.IsMountHelper(arguments));
        var result = command.Parse(CommandWords.Separate(arguments.Words), new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors is [var first, ..] && result.Action is not System.CommandLine.Help.HelpAction)
            throw new MountException($"{ByteText.Show(first.Message)} Type overlayfuse --help for the ways to call it.");
        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
}
