using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>Commands that read or write the files of a container: each holds containers/ID/users by flock(2), shared. Who unmounts them holds it alone, and waits for that.</summary>
public static class ContainerUsers
{
    /// <summary>Whoever then finds the container running may use its files until the lock is given back.</summary>
    /// <exception cref="RefusedException">The file cannot be opened.</exception>
    public static StateLock Join(StoredContainer container) => StateLock.Take(container.UsersPath, shared: true);

    /// <summary>Null while there are others.</summary>
    public static StateLock? TryExclude(StoredContainer container) => StateLock.TryTake(container.UsersPath);

    public static bool AreThere(StoredContainer container)
    {
        using var none = TryExclude(container);
        return none is null;
    }
}
