using System.Globalization;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Signals by name or number (signal(7), the numbers of x86 and ARM).</summary>
internal static class SignalNames
{
    private const int FirstRealTime = 34; // the C library keeps two for itself
    private const int Last = 64;

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <exception cref="RefusedException">There is no such signal.</exception>
    public static int Parse(string text) => Find(text) ?? throw new RefusedException($"Invalid signal: {text}");

    /// <summary>Null: there is none.</summary>
    public static int? Find(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= Last) return number;
        var name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal)) name = name[3..];
        var at = Array.IndexOf(Names, name);
        return at > 0 ? at : RealTime(name) is { } realTime and >= FirstRealTime and <= Last ? realTime : null;
    }

    // RTMIN, RTMIN+3, RTMAX, RTMAX-1
    private static int? RealTime(string name) => name switch
    {
        "RTMIN" => FirstRealTime,
        "RTMAX" => Last,
        ['R', 'T', 'M', 'I', 'N', '+', .. var more] when int.TryParse(more, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => FirstRealTime + number,
        ['R', 'T', 'M', 'A', 'X', '-', .. var less] when int.TryParse(less, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => Last - number,
        _ => null,
    };
}
