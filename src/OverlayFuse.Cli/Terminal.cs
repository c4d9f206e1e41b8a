using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>What we say to people: sentences on stderr, each after the name of the program.</summary>
/// <remarks>By write(2), one call a line: no buffer to flush, and nothing of the runtime's console is set up for a line or two.</remarks>
internal static class Terminal
{
    private static readonly Fd StandardError = new(2);

    public static void Say(string sentence) => _ = Descriptors.WriteAll(StandardError, Encoding.UTF8.GetBytes($"overlayfuse: {sentence}\n"));

    public static void Say(IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences) Say(sentence);
    }
}
