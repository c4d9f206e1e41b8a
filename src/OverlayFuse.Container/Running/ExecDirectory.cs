using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>A directory for what an exec and the runtime tell each other. It is locked while we live: what is not is of one that was killed, and goes with the next.</summary>
internal sealed class ExecDirectory : IDisposable
{
    private const string Prefix = "exec.";

    private readonly Fd _lock;

    public ExecDirectory(StoredContainer container)
    {
        Directory.CreateDirectory(container.RuntimeRoot);
        foreach (var left in Directory.GetDirectories(container.RuntimeRoot, Prefix + "*")) RemoveLeft(left);
        while (true)
        {
            Location = Path.Combine(container.RuntimeRoot, Prefix + Identifier.New()[..8]);
            Directory.CreateDirectory(Location);
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
