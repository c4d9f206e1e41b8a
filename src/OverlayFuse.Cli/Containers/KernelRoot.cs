using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The driver overlay2: the kernel's overlayfs over the same directories. For root.</summary>
internal sealed class KernelRoot(ContainerStore store, StoredContainer container) : ContainerRoot(store, container)
{
    private readonly ManualResetEventSlim _ended = new();

    public override void Run(Action<IReadOnlyList<string>> live)
    {
        // Relative to overlay2, as docker has it: the text of a mount is a page at most.
        _ = Syscall.ChDir(Encoding.UTF8.GetBytes(Store.State.Overlay));
        var lower = string.Join(':', Container.Record.Lowers.Select(id => "l/" + Store.Layers.LinkOf(id)));
        var own = Container.Record.LayerId;
        var error = Syscall.Mount("overlay"u8, Merged, "overlay"u8, MountFlags.None, Encoding.UTF8.GetBytes($"lowerdir={lower},upperdir={own}/diff,workdir={own}/work"));
        _ = Syscall.ChDir("/"u8);
        if (error != Errno.None) throw new MountException($"cannot mount the kernel's overlay on {Own}/merged: {error.Describe()}.");
        live([]);
        _ended.Wait();
        if (Unmounter.Unmount(Merged) is { } failure) throw new MountException(failure);
    }

    public override void End() => _ended.Set();
}
