using System.CommandLine;
using System.CommandLine.Parsing;

namespace OverlayFuse.Cli;

/// <summary>What the library for command lines has against one, in words for people: its own name types of .NET, and blame the word after the wrong one.</summary>
internal static class CommandErrors
{
    /// <summary>The sentence for the first error; there is one.</summary>
    public static string Describe(ParseResult result)
    {
        var error = result.Errors[0];
        var command = result.CommandResult.Command;
        if (UnknownFlag(result) is { } flag) return $"{NoFlag(flag)} {See(command)}";
        if (error.SymbolResult is OptionResult { Tokens: [var value, ..] } option && IsNumber(option.Option.ValueType))
            return $"invalid argument \"{ByteText.Show(value.Value)}\" for \"{Names(option.Option)}\" flag: it is not a number. {See(command)}";
        if (error.SymbolResult is OptionResult { Tokens: [] } empty) return $"flag needs an argument: {empty.IdentifierToken?.Value ?? empty.Option.Name}. {See(command)}";
        if (error.SymbolResult is not OptionResult && IsOfDocker(command)) return ArgumentCount.Describe(command);
        var missing = command.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues > 0 && result.GetResult(argument) is null or { Tokens.Count: 0 }).ToList();
        if (missing.Count > 0) return $"{Path(command)} needs {string.Join(" and ", missing.Select(argument => argument.HelpName ?? argument.Name))}. {See(command)}";
        return $"{ByteText.Show(error.Message)} {See(command)}";
    }

    /// <summary>For a word that begins with a dash and is none of the flags, where a path may stand too.</summary>
    public static string NoFlag(string flag) => $"there is no flag \"{ByteText.Show(flag)}\". For a path that begins with -, write ./{ByteText.Show(flag)}.";

    // The library takes it for an argument where there is room for one.
    private static string? UnknownFlag(ParseResult result) =>
        result.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).FirstOrDefault(token => token is { Type: TokenType.Argument, Value: ['-', _, ..] })?.Value;

    private static bool IsOfDocker(Command command) => command.Parents.Any() && !CommandWords.OfMounts.Contains(command.Name);

    private static bool IsNumber(Type type) => type == typeof(int) || type == typeof(int?) || type == typeof(long) || type == typeof(long?);

    /// <summary>"-n, --name".</summary>
    internal static string Names(Option option) => string.Join(", ", option.Aliases.Append(option.Name).OrderBy(name => name.Length));

    private static string See(Command command) => $"Type {Path(command)} --help for the ways to call it.";

    /// <summary>Its name behind those above it.</summary>
    internal static string Path(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } above ? $"{Path(above)} {command.Name}" : command.Name;
}
