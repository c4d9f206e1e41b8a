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
        catch (MountException e)
        {
            Terminal.Say(e.Message);
            return 1;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody is helped by a trace of our stack; whoever reports it can name the kind of mistake.
            Terminal.Say($"this should not have happened: {e.GetType().Name}. Please report it, with the command that led here.");
            return 1;
        }
    }

    private static int Run(RawArguments arguments)
    {
        Command command = CommandWords.HaveVerb(arguments) ? VerbCommand.Create() : DropInCommand.Create(CommandWords.IsMountHelper(arguments));
        var result = command.Parse(CommandWords.Separate(arguments.Words), new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors is [var first, ..] && result.Action is not System.CommandLine.Help.HelpAction)
            throw new MountException($"{ByteText.Show(first.Message)} Type overlayfuse --help for the ways to call it.");
        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }
}
