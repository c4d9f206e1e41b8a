using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>A question that a person answers before much is changed.</summary>
internal static class Confirmation
{
    /// <summary>Somebody can be asked: standard input is a terminal.</summary>
    public static bool IsPossible => Syscall.IsTerminal(new Fd(0));

    public static bool Ask(string question)
    {
        Terminal.Print(question + " [y/N] ");
        return IsYes(Console.ReadLine());
    }

    /// <summary>For prune, in docker's words. Where nobody can be asked it goes on: it was called by a program.</summary>
    /// <param name="warning">What will be removed.</param>
    public static bool ToRemove(string warning, bool force) => force || !IsPossible || Ask($"WARNING! This will remove{warning}\nAre you sure you want to continue?");

    internal static bool IsYes(string? answer) => answer?.Trim() is "y" or "Y" or "yes";
}
