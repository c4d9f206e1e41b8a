using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The command line as bytes: the runtime's strings have already lost those that are not UTF-8.</summary>
/// <param name="ProgramName">The last component of argv[0]: mount(8) and container tools call us by names of theirs.</param>
/// <param name="Words">The arguments behind it, one character a byte (<see cref="ByteText.Carry"/>).</param>
internal sealed record RawArguments(string ProgramName, IReadOnlyList<string> Words)
{
    public static RawArguments Read(string[] arguments)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, "/proc/self/cmdline"u8, OpenFlags.ReadOnly, 0, out var file);
        if (error != Errno.None) return Decoded(arguments);
        var text = Descriptors.ReadToEnd(file, out _);
        file.Close();
        return text is null ? Decoded(arguments) : Parse(text, arguments.Length);
    }

    /// <summary>The last <paramref name="count"/> words are ours; more than one before them is a host of the runtime.</summary>
    internal static RawArguments Parse(ReadOnlySpan<byte> commandLine, int count)
    {
        var all = new List<string>();
        foreach (var range in commandLine.Split((byte)0)) all.Add(ByteText.Carry(commandLine[range]));
        all.RemoveAt(all.Count - 1); // what follows the last NUL
        return new RawArguments(Path.GetFileName(all[0]), all[^count..]);
    }

    // Without /proc: names that are not UTF-8 are then not found.
    private static RawArguments Decoded(string[] arguments) =>
        new("overlayfuse", [.. arguments.Select(argument => ByteText.Carry(System.Text.Encoding.UTF8.GetBytes(argument)))]);
}
