using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace OverlayFuse.Cli;

/// <summary>--help, with the flags where they have to stand. The library puts them behind all words, where "run" would hand them to the program in the container.</summary>
internal sealed class UsageAction(HelpAction help) : SynchronousCommandLineAction
{
    private const string Flags = " [options]";

    public override bool ClearsParseErrors => help.ClearsParseErrors;

    public override int Invoke(ParseResult parseResult)
    {
        var (output, text) = (parseResult.InvocationConfiguration.Output, new StringWriter());
        parseResult.InvocationConfiguration.Output = text;
        var code = help.Invoke(parseResult);
        output.Write(WithFlagsFirst(text.ToString(), CommandErrors.Path(parseResult.CommandResult.Command)));
        return code;
    }

    /// <param name="command">As it is called, "overlayfuse container run".</param>
    internal static string WithFlagsFirst(string text, string command)
    {
        var usage = text.IndexOf($"\n  {command} ", StringComparison.Ordinal);
        var at = usage < 0 ? -1 : text.IndexOf(Flags, usage, StringComparison.Ordinal);
        return at < 0 ? text : text.Remove(at, Flags.Length).Insert(usage + "\n  ".Length + command.Length, Flags);
    }
}
