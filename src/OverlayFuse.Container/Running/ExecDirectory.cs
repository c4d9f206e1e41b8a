using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>A directory for what an exec and the runtime tell each other. It is locked while we live: what is not is of one that was killed, and goes with the next.</summary>
internal sealed class ExecDirectory : IDisposable
{
    private const string Prefix = "exec.";

    private readonly Fd _lock;

    /// <exception cref="RefusedException">The container is gone.</exception>
    public ExecDirectory(StoredContainer container)
    {
        Make(container.RuntimeRoot, container);
        foreach (var left in Left(container)) RemoveLeft(left);
        while (true)
        {
            Location = Path.Combine(container.RuntimeRoot, Prefix + Identifier.New()[..8]);
            Make(Location, container);
            TryLock(Location, LockOperation.Exclusive, out _lock);
            if (Directory.Exists(Location)) return;
            _lock.Close(); // before it was locked another took it for one that was left
        }
    }

    public string Location { get; }

    public string File(string name) => Path.Combine(Location, name);

    public void Dispose()
    {
        Remove(Location);
        _lock.Close();
    }

    // The directory alone and none above: with them a container that was removed would leave something.
    private static void Make(string path, StoredContainer container)
    {
        var error = Syscall.MkdirAt(DirFd.Cwd, Encoding.UTF8.GetBytes(path), Mode.OwnerAllOthersReadExecute);
        if (error == Errno.NOENT) throw Gone(container);
        if (error is not (Errno.None or Errno.EXIST)) throw new RefusedException($"cannot make {path}: {error.Describe()}.");
    }

    private static string[] Left(StoredContainer container)
    {
        try
        {
            return Directory.GetDirectories(container.RuntimeRoot, Prefix + "*");
        }
        catch (DirectoryNotFoundException)
        {
            throw Gone(container);
        }
    }

    private static RefusedException Gone(StoredContainer container) => new($"No such container: {container.Record.Name}");

    private static void RemoveLeft(string place)
    {
        if (TryLock(place, LockOperation.Exclusive | LockOperation.NonBlocking, out var held)) Remove(place);
        held.Close();
    }

    private static bool TryLock(string place, LockOperation operation, out Fd held) =>
        Syscall.Open(place, OpenFlags.ReadOnly | OpenFlags.Directory, out held) == Errno.None && Syscall.FLock(held, operation) == Errno.None;

    private static void Remove(string place)
    {
        try
        {
            Directory.Delete(place, recursive: true);
        }
        catch (IOException)
        {
            // It has gone with its container.
        }
    }
}
