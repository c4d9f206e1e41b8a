using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>flock(2) on a file of the state directory: commands that run at once take turns, and a lock dies with its holder.</summary>
public sealed class StateLock : IDisposable
{
    private Fd _file;

    private StateLock(Fd file) => _file = file;

    /// <summary>Waits until it is ours.</summary>
    /// <exception cref="RefusedException">The file cannot be opened.</exception>
    public static StateLock Take(string path, bool shared = false)
    {
        var error = Acquire(path, shared ? LockOperation.Shared : LockOperation.Exclusive, out var file);
        return error == Errno.None ? new StateLock(file) : throw new RefusedException($"cannot lock {path}: {error.Describe()}.");
    }

    /// <summary>Null when somebody else holds it.</summary>
    public static StateLock? TryTake(string path) => Acquire(path, LockOperation.Exclusive | LockOperation.NonBlocking, out var file) == Errno.None ? new StateLock(file) : null;

    /// <summary>The same where the file is made with what it stands in: when that goes, nothing is put into it. Null where there is none, too.</summary>
    public static StateLock? TryTakeExisting(string path) =>
        Acquire(path, LockOperation.Exclusive | LockOperation.NonBlocking, out var file, making: default) == Errno.None ? new StateLock(file) : null;

    /// <summary>Whether somebody holds it, or we may not know. Makes nothing.</summary>
    public static bool IsHeld(string path)
    {
        var error = Acquire(path, LockOperation.Shared | LockOperation.NonBlocking, out var file, making: default);
        file.Close();
        return error is not (Errno.None or Errno.NOENT);
    }

    public void Dispose()
    {
        _file.Close();
        _file = Fd.None;
    }

    private static Errno Acquire(string path, LockOperation operation, out Fd file, OpenFlags making = OpenFlags.Create)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, System.Text.Encoding.UTF8.GetBytes(path), OpenFlags.ReadWrite | making, Mode.OwnerReadWrite, out file);
        if (error == Errno.None) error = Syscall.FLock(file, operation);
        if (error == Errno.None) return error;
        file.Close();
        file = Fd.None;
        return error;
    }
}
