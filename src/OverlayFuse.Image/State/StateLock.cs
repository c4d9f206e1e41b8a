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
    public static StateLock? TryTake(string path, bool shared = false) =>
        Acquire(path, (shared ? LockOperation.Shared : LockOperation.Exclusive) | LockOperation.NonBlocking, out var file) == Errno.None ? new StateLock(file) : null;

    public void Dispose()
    {
        _file.Close();
        _file = Fd.None;
    }

    private static Errno Acquire(string path, LockOperation operation, out Fd file)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, System.Text.Encoding.UTF8.GetBytes(path), OpenFlags.ReadWrite | OpenFlags.Create, Mode.OwnerReadWrite, out file);
        if (error == Errno.None) error = Syscall.FLock(file, operation);
        if (error == Errno.None) return error;
        file.Close();
        file = Fd.None;
        return error;
    }
}
