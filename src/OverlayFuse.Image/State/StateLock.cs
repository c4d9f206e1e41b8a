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

    /// <summary>Leaves a word for whoever waits for the lock, though its file may be removed by then.</summary>
    public void Leave(string note)
    {
        _ = Syscall.Truncate(_file, 0);
        _ = Syscall.PWrite(_file, System.Text.Encoding.ASCII.GetBytes(note), 0, out _);
    }

    /// <summary>What the last holder has left; empty where that is nothing.</summary>
    public string Left()
    {
        Span<byte> note = stackalloc byte[32];
        return Syscall.PRead(_file, note, 0, out var length) == Errno.None ? System.Text.Encoding.ASCII.GetString(note[..length]) : "";
    }

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
