using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>What we say to people: answers on stdout, sentences on stderr, each of these after the name of the program.</summary>
/// <remarks>By write(2), one call a line: no buffer to flush, and nothing of the runtime's console is set up for a line or two.</remarks>
internal static class Terminal
{
    private static readonly Fd StandardOutput = new(1);
    private static readonly Fd StandardError = new(2);

    public static void Say(string sentence) => Say(StandardError, sentence);

    /// <param name="place">Where standard error was before it became something else.</param>
    public static void Say(Fd place, string sentence) => _ = Syscall.WriteAll(place, Encoding.UTF8.GetBytes($"overlayfuse: {Harmless(sentence)}\n"));

    public static void Say(IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences) Say(sentence);
    }

    // A path may hold what a terminal takes for an order.
    private static string Harmless(string sentence) => sentence.AsSpan().ContainsAnyInRange('\0', '\x1f') || sentence.Contains('\x7f')
        ? string.Concat(sentence.Select(letter => char.IsControl(letter) && letter is not ('\n' or '\t') ? $"\\x{(int)letter:x2}" : letter.ToString()))
        : sentence;

    /// <summary>What a command was asked for, on stdout.</summary>
    /// <exception cref="MountException">It could not be written; whoever closed the pipe does not want the rest.</exception>
    public static void Print(string answer) => Print(Encoding.UTF8.GetBytes(answer));

    /// <summary>The same, for names of any bytes.</summary>
    /// <exception cref="MountException">It could not be written; whoever closed the pipe does not want the rest.</exception>
    public static void Print(ReadOnlySpan<byte> answer)
    {
        var error = Syscall.WriteAll(StandardOutput, answer);
        if (error is not (Errno.None or Errno.PIPE)) throw new MountException($"cannot write to standard output: {error.Describe()}.");
    }
}
