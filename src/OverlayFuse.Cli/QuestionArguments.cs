using System.CommandLine;
using OverlayFuse.Fuse;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>What "overlayfuse explain" and "overlayfuse changes" share: layers that are not mounted, and answers for programs.</summary>
internal sealed class QuestionArguments
{
    private readonly Option<string[]> _options = new("-o", "--options")
    {
        Description = "Ask layers that are not mounted: lowerdir=A:B,upperdir=U as for mount.",
        HelpName = "OPTIONS",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Answer in JSON, for programs." };

    public void AddTo(Command command)
    {
        command.Options.Add(_options);
        command.Options.Add(_json);
    }

    public bool Json(ParseResult result) => result.GetValue(_json);

    /// <summary>The layers that -o names; null: none, so a live mount is asked.</summary>
    /// <exception cref="MountException">They make no sense, or cannot be opened.</exception>
    public UnmountedUnion? Layers(ParseResult result)
    {
        if (result.GetValue(_options) is not { Length: > 0 } lists) return null;
        var options = MountOptionsParser.Parse(MountForm.Verb, lists.Select(ByteText.Bytes));
        Terminal.Say(options.Notices);
        if (options.Lowers.Count == 0) throw new MountException("lowerdir is missing. A union needs at least one layer: -o lowerdir=DIR, topmost layer first.");
        var caller = Caller.Current();
        return new UnmountedUnion(options.Lowers.Select(caller.Absolute), options.DataOnly.Select(caller.Absolute),
            options.Upper is null ? null : caller.Absolute(options.Upper), options.Work is null ? null : caller.Absolute(options.Work), options.ReadOnly == true);
    }

    /// <summary>Words that look like flags end up here: the library takes what it does not know for a path.</summary>
    public static byte[][] Paths(string[] words)
    {
        var flag = Array.Find(words, word => word.StartsWith('-'));
        if (flag is not null) throw new MountException(CommandErrors.NoFlag(flag));
        return [.. words.Select(ByteText.Bytes)];
    }
}
