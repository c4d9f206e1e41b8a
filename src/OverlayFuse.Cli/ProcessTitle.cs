using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>What ps(1) and top(1) show of this process.</summary>
internal static class ProcessTitle
{
    // Fields of /proc/PID/stat behind the name, from state (3) on: proc_pid_stat(5).
    private const int ArgumentsStart = 48 - 3;
    private const int ArgumentsEnd = 49 - 3;
    private const int EnvironmentEnd = 51 - 3;

    /// <summary>The short name, of top(1) and pgrep(1); it would be that of the file.</summary>
    public static void SetName()
    {
        if (Syscall.OpenAt(DirFd.Cwd, "/proc/self/comm"u8, OpenFlags.WriteOnly, 0, out var name) == Errno.None) _ = Syscall.WriteAll(name, "overlayfuse"u8);
        name.Close();
    }

    /// <summary>
    /// The command line. Writes over the arguments and, if they are too short, the environment, which lie next to each other on the stack
    /// (proc_pid_cmdline(5)). What does not fit is cut off. Nothing may be read of the arguments afterwards, and what is read of the environment
    /// may be missing; best effort.
    /// </summary>
    public static void Set(ReadOnlySpan<byte> title)
    {
        if (Place() is not ({ } start, { } argumentsEnd, { } end)) return;

        // The kernel shows all up to the first NUL if there is none where the arguments end, else all of the arguments.
        var text = new byte[Math.Min(Math.Max(title.Length + 1, argumentsEnd - start), end - start)];
        title[..Math.Min(title.Length, text.Length - 1)].CopyTo(text);
        if (Syscall.OpenAt(DirFd.Cwd, "/proc/self/mem"u8, OpenFlags.WriteOnly, 0, out var memory) == Errno.None) _ = Syscall.PWrite(memory, text, start, out _);
        memory.Close();
    }

    private static (long Start, long ArgumentsEnd, long End)? Place()
    {
        if (Syscall.OpenAt(DirFd.Cwd, "/proc/self/stat"u8, OpenFlags.ReadOnly, 0, out var file) != Errno.None) return null;
        var text = Descriptors.ReadToEnd(file, out _);
        file.Close();
        if (text is null) return null;

        var fields = text.AsSpan(text.AsSpan().LastIndexOf((byte)')') + 2); // a name may hold anything
        var (field, start, argumentsEnd, end) = (0, 0L, 0L, 0L);
        foreach (var range in fields.Split((byte)' '))
        {
            if (field == ArgumentsStart && !Utf8Parser.TryParse(fields[range], out start, out _)) return null;
            if (field == ArgumentsEnd && !Utf8Parser.TryParse(fields[range], out argumentsEnd, out _)) return null;
            if (field == EnvironmentEnd && !Utf8Parser.TryParse(fields[range], out end, out _)) return null;
            field++;
        }
        return start > 0 && argumentsEnd > start && end >= argumentsEnd ? (start, argumentsEnd, end) : null;
    }
}
