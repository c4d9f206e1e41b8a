using System.Text;
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
        return IsYes(ReadLine());
    }

    /// <summary>For prune, in docker's words; like docker it takes the answer from whatever standard input is, and its end for a no.</summary>
    /// <param name="warning">What will be removed.</param>
    public static bool ToRemove(string warning, bool force) => force || Ask($"WARNING! This will remove{warning}\nAre you sure you want to continue?");

    internal static bool IsYes(string? answer) => answer?.Trim() is "y" or "Y" or "yes";

    // A byte at a time: what follows is somebody else's. Not the runtime's console, which would set up the terminal for keys and colours.
    private static string ReadLine()
    {
        var line = new List<byte>();
        Span<byte> one = stackalloc byte[1];
        while (Syscall.Read(new Fd(0), one, out var count) == Errno.None && count == 1 && one[0] != (byte)'\n') line.Add(one[0]);
        return Encoding.UTF8.GetString([.. line]);
    }
}
