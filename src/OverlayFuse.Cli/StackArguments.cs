using System.CommandLine;
using OverlayFuse.Fuse;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>The arguments of the verbs that work on an upper which is not mounted: UPPER, and where it cannot tell by itself what it stands on, -o.</summary>
internal sealed class StackArguments
{
    private readonly Option<string[]> _options = new("-o", "--options")
    {
        Description = "lowerdir=A:B,workdir=W as for a mount; without it, what the last mount has written down.",
        HelpName = "OPTIONS",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Argument<string> _upper = new("UPPER") { Description = "The upper directory of a union that is not mounted." };

    public void AddTo(Command command)
    {
        command.Options.Add(_options);
        command.Arguments.Add(_upper);
    }

    /// <exception cref="MountException">The stack cannot be told.</exception>
    public UnionOptions Stack(ParseResult result)
    {
        var options = MountOptionsParser.Parse(MountForm.Verb, (result.GetValue(_options) ?? []).Select(ByteText.Bytes));
        Terminal.Say(options.Notices);
        var caller = Caller.Current();
        var upper = caller.Absolute(ByteText.Bytes(result.GetRequiredValue(_upper)));
        if (options.Upper is not null)
            throw new MountException($"upperdir={ByteText.Show(options.Upper)} is given in addition to {ByteText.Show(upper)}. The upper is the word without a flag; -o has " +
                "the lowerdir and the workdir.");
        var union = UpperStack.Find(upper, options.Work is null ? null : caller.Absolute(options.Work), [.. options.Lowers.Select(caller.Absolute)], [.. options.DataOnly.Select(caller.Absolute)]);
        union.Durability = options.Durability ?? Durability.Ordered;
        return union;
    }
}
