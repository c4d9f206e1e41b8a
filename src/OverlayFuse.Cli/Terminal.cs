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

    public static void Say(string sentence) => _ = Syscall.WriteAll(StandardError, Encoding.UTF8.GetBytes($"overlayfuse: {sentence}\n"));

    /// <summary>What a command was asked for, on stdout.</summary>
    public static void Print(string text) => _ = Syscall.WriteAll(StandardOutput, Encoding.UTF8.GetBytes(text));

    public static void Say(IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences) Say(sentence);
    }

    /// <summary>An answer that was asked for.</summary>
    /// <exception cref="MountException">It could not be written; whoever closed the pipe does not want the rest.</exception>
    public static void Print(ReadOnlySpan<byte> answer)
    {
        var error = Syscall.WriteAll(StandardOutput, answer);
        if (error is not (Errno.None or Errno.PIPE)) throw new MountException($"cannot write to standard output: {error.Describe()}.");
    }
}
