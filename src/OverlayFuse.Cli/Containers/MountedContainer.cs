using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The file system of a container, to read from and write to: that of one that runs, or mounted for as long as we look at it.</summary>
internal sealed class MountedContainer : IDisposable
{
    private readonly int _supervisor;
    private readonly Fd _go = Fd.None;

    private MountedContainer(ContainerStore store, StoredContainer container)
    {
        (Store, Container) = (store, container);
        Path = System.IO.Path.Combine(store.Layers.PathOf(container.Record.LayerId), "merged");
        if (!container.IsRunning) _supervisor = ContainerLauncher.Mount(store, container, out _go);
        var error = Syscall.Open(Path, OpenFlags.ReadOnly | OpenFlags.Directory, out var root);
        Root = new DirFd(root.Number);
        if (error == Errno.None) return;
        Dispose();
        throw new RefusedException($"cannot enter the container's root {Path}: {error.Describe()}.");
    }

    public ContainerStore Store { get; }

    public StoredContainer Container { get; }

    public string Path { get; }

    public DirFd Root { get; }

    /// <summary>By name. An ordinary user is in the container's namespaces from here on, or in his own.</summary>
    public static MountedContainer Open(string name)
    {
        var store = new ContainerStore(StatePlace.ToRead());
        var container = store.Get(name);
        if (container.IsRunning) StatePlace.EnterContainer(container, stayInDirectory: true);
        else StatePlace.ToChange();
        return Open(store, container);
    }

    public static MountedContainer Open(ContainerStore store, StoredContainer container)
    {
        if (container is { IsServed: true, IsRunning: false }) // it is being started, cleaned up, or looked at by another command
        {
            Stopping.Wait(container);
            container = store.Get(container.Id);
        }
        return new MountedContainer(store, container);
    }

    public void Dispose()
    {
        Root.Fd.Close();
        if (!_go.IsOpen) return;
        _go.Close();
        _ = Syscall.WaitPid(_supervisor, out _);
    }
}
