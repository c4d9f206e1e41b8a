using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The file system of a container, to read from and write to: that of one that runs, or mounted for as long as we look at it.</summary>
internal sealed class MountedContainer : IDisposable
{
    private readonly StateLock _use; // while we have it, nobody unmounts what we see
    private readonly int _supervisor;
    private readonly Fd _go;

    private MountedContainer(ContainerStore store, StoredContainer container, StateLock use, int supervisor, Fd go)
    {
        (Store, Container, _use, _supervisor, _go) = (store, container, use, supervisor, go);
        Path = System.IO.Path.Combine(store.Layers.PathOf(container.Record.LayerId), "merged");
        var error = Syscall.Open(Path, OpenFlags.ReadOnly | OpenFlags.Directory, out var root);
        Root = new DirFd(root.Number);
        var isMounted = error == Errno.None && IsMounted(root);
        if (isMounted) return;
        Dispose();
        throw new RefusedException(error != Errno.None
            ? $"cannot enter the container's root {Path}: {error.Describe()}."
            : $"{container.Record.Name} is mounted where it cannot be seen from here. Try again outside of \"overlayfuse unshare\".");
    }

    public ContainerStore Store { get; }

    public StoredContainer Container { get; }

    public string Path { get; }

    public DirFd Root { get; }

    /// <summary>By name. An ordinary user is in the container's namespaces from here on, or in his own.</summary>
    public static MountedContainer Open(string name)
    {
        var store = new ContainerStore(StatePlace.ToRead());
        var container = store.Settled(store.Get(name)); // out here: from another namespace than its own it could not be seen
        if (container.IsRunning) StatePlace.EnterContainer(container, stayInDirectory: true);
        else StatePlace.ToChange();
        return Open(store, container);
    }

    public static MountedContainer Open(ContainerStore store, StoredContainer container)
    {
        while (true)
        {
            var use = ContainerUsers.Join(container); // first: where it runs, its end waits for us from here on
            container = store.Get(container.Id);
            if (container.IsRunning) return new MountedContainer(store, container, use, 0, Fd.None);
            use.Dispose(); // what has ended is not kept by us
            if (ContainerLauncher.Mount(store, container, out var go) is { } supervisor) return new MountedContainer(store, container, ContainerUsers.Join(container), supervisor, go);
        }
    }

    // In another mount namespace than the supervisor's its place is an empty directory of the layer.
    private bool IsMounted(Fd root)
    {
        if (Syscall.Open(System.IO.Path.GetDirectoryName(Path)!, OpenFlags.Path, out var layer) != Errno.None) return false;
        var isMounted = MountInfo.IdOf(root) != MountInfo.IdOf(layer);
        layer.Close();
        return isMounted;
    }

    public void Dispose()
    {
        Root.Fd.Close();
        _use.Dispose();
        if (!_go.IsOpen) return;
        _go.Close();
        _ = Syscall.WaitPid(_supervisor, out _);
    }
}
