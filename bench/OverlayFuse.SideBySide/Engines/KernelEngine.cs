using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

/// <summary>overlayfs of the running kernel, with its own defaults.</summary>
internal sealed class KernelEngine : Engine
{
    public override string Description => $"overlayfs of Linux {Machine.Kernel}, default options";

    public override bool HasDaemon => false;

    public override void Mount(Stack stack, SyncMode sync)
    {
        var options = $"lowerdir={stack.LowerText},upperdir={stack.Upper},workdir={stack.Work}{(sync == SyncMode.Volatile ? ",volatile" : "")}";
        Client.Expect(Syscall.Mount("overlay"u8, OverlayFuse.SideBySide.Name.Bytes(stack.Merged), "overlay"u8, MountFlags.None, OverlayFuse.SideBySide.Name.Bytes(options)), "mount of kernel overlayfs");
    }
}
