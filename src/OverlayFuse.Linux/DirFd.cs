namespace OverlayFuse.Linux;

/// <summary>A descriptor of an open directory (O_PATH or readable), the starting point of every name this program resolves.</summary>
/// <remarks>
/// Where attributes are asked for or changed, and where something is opened, an empty name is the object itself that is open (as with AT_EMPTY_PATH), and that
/// may be a file: so one that has lost its name is reached by the same calls.
/// </remarks>
public readonly record struct DirFd(int Number)
{
    /// <summary>AT_FDCWD: names are resolved from the current directory. For the command line and for absolute paths only.</summary>
    public static readonly DirFd Cwd = new(-100);

    /// <summary>No directory.</summary>
    public static readonly DirFd None = new(-1);

    public bool IsOpen => Number >= 0;

    public Fd Fd => new(Number);

    public void Close() => Fd.Close();
}
