namespace OverlayFuse.Linux;

/// <summary>A program to start: what posix_spawn(3) is asked for by <see cref="Syscall.Spawn"/>.</summary>
public sealed class SpawnRequest
{
    /// <summary>The program; a name without a slash is looked for in PATH.</summary>
    public required byte[] File { get; init; }

    /// <summary>The arguments, the program's own name first.</summary>
    public required IReadOnlyList<byte[]> Arguments { get; init; }

    /// <summary>Variables (NAME=value) put before those of this process, so that they win.</summary>
    public IReadOnlyList<byte[]> Environment { get; init; } = [];

    /// <summary>Which of our descriptors the program gets under which number. It inherits no other that is marked close-on-exec.</summary>
    public IReadOnlyList<(Fd Ours, int Theirs)> Descriptors { get; init; } = [];

    /// <summary>setsid(2): out of the terminal's session.</summary>
    public bool NewSession { get; init; }
}
