using System.Text;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>The root file system of a container while it runs, on "merged" of its own layer: one kind for each storage driver.</summary>
internal abstract class ContainerRoot(ContainerStore store, StoredContainer container)
{
    protected ContainerStore Store => store;

    protected StoredContainer Container => container;

    protected byte[] Merged => Encoding.UTF8.GetBytes(Path.Combine(Own, "merged"));

    protected string Own => store.Layers.PathOf(container.Record.LayerId);

    public static ContainerRoot For(ContainerStore store, StoredContainer container) => container.Record.Driver switch
    {
        StorageDrivers.Kernel => new KernelRoot(store, container),
        StorageDrivers.Copies => new CopiedRoot(store, container),
        _ => new UnionRoot(store, container),
    };

    /// <summary>Mounts, and returns when it is unmounted after <see cref="End"/>.</summary>
    /// <param name="live">Called once it can be used, on the thread that may be serving it.</param>
    /// <exception cref="Fuse.MountException">It could not be mounted.</exception>
    public abstract void Run(Action<IReadOnlyList<string>> live);

    public abstract void End();
}
