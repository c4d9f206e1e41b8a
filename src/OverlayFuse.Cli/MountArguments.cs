using System.CommandLine;

namespace OverlayFuse.Cli;

/// <summary>The arguments that "overlayfuse mount" and the drop-in forms share.</summary>
internal sealed class MountArguments
{
    private readonly Option<string[]> _options = new("-o", "--options")
    {
        Description = "Options between commas: lowerdir=A:B:C (topmost first), upperdir=U, workdir=W and more; see overlayfuse(1). May be repeated.",
        HelpName = "OPTIONS",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> _layers = new("--layers") { Description = "Take the lower layers from FILE: one path a line or closed by NUL, topmost first.", HelpName = "FILE" };

    private readonly Option<string> _log = new("--log") { Description = "Write what the daemon has to say to FILE instead of the system log.", HelpName = "FILE" };

    private readonly Option<bool> _foreground = new("-f", "--foreground") { Description = "Stay in the foreground until unmounted." };

    private readonly Option<bool> _debug = new("-d", "--debug") { Description = "Like -f, and print what is mounted and one line for each request of the kernel; -o debug does the same." };

    private readonly Argument<string[]> _places = new("MERGED") { Description = "The directory to mount on.", Arity = ArgumentArity.ZeroOrMore };

    /// <param name="isMountHelper">mount(8) means another thing by -f.</param>
    public void AddTo(Command command, bool isMountHelper = false)
    {
        if (isMountHelper) _foreground.Description = "Check the options, and mount nothing.";
        command.Options.Add(_options);
        command.Options.Add(_layers);
        command.Options.Add(_log);
        command.Options.Add(_foreground);
        command.Options.Add(_debug);
        command.Arguments.Add(_places);
    }

    public List<byte[]> OptionLists(ParseResult result) => [.. (result.GetValue(_options) ?? []).Select(ByteText.Bytes)];

    public string? LayerFile(ParseResult result) => result.GetValue(_layers);

    public string? LogFile(ParseResult result) => result.GetValue(_log);

    public bool Foreground(ParseResult result) => result.GetValue(_foreground);

    public bool Debug(ParseResult result) => result.GetValue(_debug);

    /// <summary>The words that are no flags: the mount point, and before it perhaps a source. Flags we do not know come with them.</summary>
    public string[] Places(ParseResult result) => result.GetValue(_places) ?? [];
}
