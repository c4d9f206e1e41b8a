namespace OverlayFuse.Linux;

/// <summary>A file descriptor of this process: a number, not an owner. Whoever opened it says in its own place who closes it.</summary>
public readonly record struct Fd(int Number)
{
    /// <summary>No descriptor.</summary>
    public static readonly Fd None = new(-1);

    public bool IsOpen => Number >= 0;

    /// <summary>close(2). Errors are not reported: the descriptor is gone in any case, and data errors belong to fsync(2).</summary>
    public void Close()
    {
        if (IsOpen) _ = Syscall.Close(this);
    }
}
