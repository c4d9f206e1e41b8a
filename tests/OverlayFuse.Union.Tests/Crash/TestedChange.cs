using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>One request that changes a union, and what comes before it.</summary>
/// <param name="Name">In words, the name of the test.</param>
/// <param name="Act">The request.</param>
internal sealed record TestedChange(string Name, Func<Kernel, NodeId, Errno> Act)
{
    /// <summary>Done before, undisturbed. What it gives is handed to the request.</summary>
    public Func<Kernel, NodeId>? Before { get; init; }

    /// <summary>What d/s/f has below, as in the cases.</summary>
    public string Content { get; init; } = "\"f\"*20000";

    /// <summary>Only root can.</summary>
    public bool NeedsRoot { get; init; }

    /// <summary>
    /// What an upper without extended attributes does otherwise: lower directories do not move (EXDEV), and a copy of one of several
    /// names is a file of its own.
    /// </summary>
    public bool NeedsMarks { get; init; }

    /// <summary>What the line of an object may be besides the old one while the new state is not there yet: where a step that comes first can be seen.</summary>
    public Func<string, string>? Meanwhile { get; init; }

    /// <summary>The time may be set before the bytes are there.</summary>
    public static string TimeIsNow(string line) => line.Replace($"changed {CrashStage.LongAgo}", "changed now", StringComparison.Ordinal);

    public override string ToString() => Name;

    /// <summary>A change written as in the cases; what comes before, if anything, as words before " then ".</summary>
    public static TestedChange Of(string text, bool needsRoot = false)
    {
        var steps = text.Split(" then ");
        return new TestedChange(text, (kernel, _) => Do(kernel, steps[^1]))
        {
            NeedsRoot = needsRoot,
            NeedsMarks = steps.Any(MovesOrLinksBelow),
            Meanwhile = CompletesMetacopy(steps) ? TimeIsNow : null,
            Before = steps.Length == 1 ? null : kernel =>
            {
                foreach (var step in steps[..^1])
                {
                    if (new Script(kernel).Do(step) is { } wrong) throw new InvalidOperationException(wrong);
                }
                return NodeId.None;
            },
        };
    }

    // Directories with lower members, and names of lower hard links, on the layers of CrashStage.
    private static bool MovesOrLinksBelow(string step) => step.Split(' ') is [var verb, .. var paths]
        && paths.Any(path => path is "a" or "b" || (verb is "mv" or "mv-noreplace" or "swap" && path is "d" or "d/s" or "e" or "r" or "r/s" or "ro" or "ro/s" or "empty")
            || (verb == "link" && path is not "w"));

    // The bytes of a metacopy come up in place, which sets its time.
    private static bool CompletesMetacopy(string[] steps) =>
        steps.Length > 1 && steps[0].StartsWith("chmod", StringComparison.Ordinal) && steps[^1].Split(' ')[0] is "write" or "truncate";

    // A script says what went wrong in words, the last of which is the error.
    private static Errno Do(Kernel kernel, string action) => new Script(kernel).Do(action) is { } wrong ? Enum.Parse<Errno>(wrong[(wrong.LastIndexOf(' ') + 1)..]) : Errno.None;
}
