using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Colours for a terminal, or none.</summary>
internal sealed record Palette(string Title, string Shows, string Hides, string Faint, string End)
{
    public static readonly Palette Plain = new("", "", "", "", "");
    public static readonly Palette Coloured = new("\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m");

    /// <summary>Colours where standard output is a terminal, and nobody asked for none (no-color.org).</summary>
    public static Palette Of(Func<string, string?> variable) =>
        Syscall.IsTerminal(new Fd(1)) && string.IsNullOrEmpty(variable("NO_COLOR")) && variable("TERM") != "dumb" ? Coloured : Plain;
}
