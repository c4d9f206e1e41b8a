using System.CommandLine;

namespace OverlayFuse.Cli;

/// <summary>That a verb got too few words or too many, in docker's words.</summary>
/// <remarks>docker/cli, cli/required.go.</remarks>
internal static class ArgumentCount
{
    private const int Many = 1000; // the library's "any number" is above

    public static string Describe(Command command)
    {
        var path = CommandErrors.Path(command);
        var (least, most) = (command.Arguments.Sum(argument => argument.Arity.MinimumNumberOfValues), command.Arguments.Sum(argument => (long)argument.Arity.MaximumNumberOfValues));
        var usage = (command.Options.Count > 0 ? " [OPTIONS]" : "") + string.Concat(command.Arguments.Select(Word));
        return $"\"{path}\" {Wanted(least, most)}.\nSee '{path} --help'.\n\nUsage:  {path}{usage}\n\n{command.Description}";
    }

    private static string Wanted(int least, long most) => (least, most) switch
    {
        (_, 0) => "accepts no arguments",
        (_, _) when least == most => $"requires exactly {Count(most)}",
        (_, >= Many) => $"requires at least {Count(least)}",
        (0, _) => $"requires at most {Count(most)}",
        _ => $"requires at least {least} and at most {Count(most)}",
    };

    private static string Count(long number) => number == 1 ? "1 argument" : $"{number} arguments";

    private static string Word(Argument argument) => (argument.Arity.MinimumNumberOfValues, argument.Arity.MaximumNumberOfValues) switch
    {
        (0, 1) => $" [{argument.Name}]",
        (0, _) => $" [{argument.Name}...]",
        (_, >= Many) => $" {argument.Name} [{argument.Name}...]",
        _ => $" {argument.Name}",
    };
}
