namespace OverlayFuse.Linux;

/// <summary>A descriptor of an open directory (O_PATH or readable), the starting point of every name this program resolves.</summary>
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
